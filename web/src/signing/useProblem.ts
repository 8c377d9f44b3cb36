import { useTranslation } from 'react-i18next'
import { ApiError } from '@/core/api'
import { PasskeyError } from '@/core/passkeys'
import { type Explained, useExplain } from '@/ui/errors'

/** Returns a function that says in plain words why nothing was enrolled or signed, and what to do. */
export function useProblem(): (error: unknown) => Explained {
  const { t } = useTranslation('signing')
  const explain = useExplain()
  return (error) => {
    if (error instanceof PasskeyError) {
      return { message: t(`problem.${error.problem}.message`), hint: t(`problem.${error.problem}.hint`) }
    }
    if (error instanceof ApiError && error.status === 404) {
      return { message: t('problem.gone.message'), hint: t('problem.gone.hint') }
    }
    if (error instanceof ApiError && error.code === 'governance/no-effect') {
      return {
        message: t('problem.refused.message'),
        hint: t('problem.refused.hint', { reason: error.message }),
      }
    }
    return explain(error)
  }
}
