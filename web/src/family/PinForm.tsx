import { useMutation, useQueryClient } from '@tanstack/react-query'
import { type FormEvent, useState } from 'react'
import { useTranslation } from 'react-i18next'
import { ApiError } from '@/core/api'
import { writePin } from '@/core/junior'
import { useExplain } from '@/ui/errors'
import { PasswordField } from '@/ui/PasswordField'
import styles from './Family.module.css'
import { juniorKeys } from './queries'
import { problemOfPin } from './settings'

/** Sets the PIN, typed twice; `isReplaced` asks for the account's password as well. */
export function PinForm({
  id,
  isReplaced,
  onDone,
  onBusy,
}: {
  id: string
  isReplaced: boolean
  onDone: () => void
  onBusy?: (isBusy: boolean) => void
}) {
  const { t } = useTranslation('family')
  const explain = useExplain()
  const client = useQueryClient()
  const [problem, setProblem] = useState<{ field: string; text: string } | null>(null)
  const save = useMutation({
    mutationFn: ({ pin, password }: { pin: string; password: string }) => writePin(pin, password),
    onMutate: () => onBusy?.(true),
    onSettled: () => onBusy?.(false),
    onSuccess: async () => {
      await client.invalidateQueries({ queryKey: juniorKeys.pin })
      onDone()
    },
    onError: (error) => {
      const field = error instanceof ApiError && error.param === 'password' ? 'password' : 'pin'
      const isPassword = error instanceof ApiError && error.code === 'access/password'
      setProblem({ field: isPassword ? 'password' : field, text: explain(error).message })
    },
  })
  const submit = (event: FormEvent<HTMLFormElement>) => {
    event.preventDefault()
    const form = new FormData(event.currentTarget)
    const [pin, again, password] = ['pin', 'again', 'password'].map((name) => String(form.get(name) ?? ''))
    const wrong = problemOfPin(pin ?? '')
    if (wrong !== null) return setProblem({ field: 'pin', text: t(`pin.problem.${wrong}`) })
    if (pin !== again) return setProblem({ field: 'again', text: t('pin.problem.different') })
    setProblem(null)
    save.mutate({ pin: pin ?? '', password: password ?? '' })
  }
  const problemOf = (field: string) => (problem?.field === field ? problem.text : undefined)
  const digits = { inputMode: 'numeric', autoComplete: 'off', required: true } as const
  return (
    <form id={id} className={styles['stack']} onSubmit={submit} noValidate>
      <PasswordField
        {...digits}
        label={t('pin.new')}
        hint={t('pin.rule')}
        name="pin"
        problem={problemOf('pin')}
      />
      <PasswordField {...digits} label={t('pin.again')} name="again" problem={problemOf('again')} />
      {isReplaced && (
        <PasswordField
          label={t('pin.password')}
          hint={t('pin.passwordHint')}
          name="password"
          autoComplete="current-password"
          problem={problemOf('password')}
        />
      )}
    </form>
  )
}
