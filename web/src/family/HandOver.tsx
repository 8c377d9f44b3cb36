import { useMutation } from '@tanstack/react-query'
import { DoorOpen, KeyRound, LogOut } from 'lucide-react'
import { useTranslation } from 'react-i18next'
import { forgetDrafts } from '@/core/drafts'
import { openChildSession } from '@/core/junior'
import { tellTabs } from '@/core/tabs'
import type { ProfileBody } from '@/core/wire'
import { AnimalFace } from '@/ui/AnimalFace'
import { Button } from '@/ui/Button'
import { useExplain } from '@/ui/errors'
import styles from './Family.module.css'
import { usePairName } from './usePairName'

/** Gives this browser to a child; says first that the guardian is signed out here, and how one leaves. */
export function HandOver({ profile, onLater }: { profile: ProfileBody; onLater?: () => void }) {
  const { t } = useTranslation('family')
  const explain = useExplain()
  const pairName = usePairName()
  const open = useMutation({
    mutationFn: () => openChildSession(profile.id),
    onSuccess: () => {
      tellTabs({ type: 'session', userId: '' })
      forgetDrafts()
      // A page that is loaded anew holds nothing of the guardian.
      window.location.replace('/junior')
    },
  })
  return (
    <div className={styles['stack']}>
      <div className={styles['handFace']}>
        <AnimalFace animal={profile.animal} colour={profile.colour} size={7} />
        <p className={styles['previewName']}>{pairName(profile)}</p>
      </div>
      <ul className={styles['facts']}>
        <li>
          <LogOut size={22} aria-hidden="true" />
          <span>{t('handOver.signedOut')}</span>
        </li>
        <li>
          <KeyRound size={22} aria-hidden="true" />
          <span>{t('handOver.opens')}</span>
        </li>
        <li>
          <DoorOpen size={22} aria-hidden="true" />
          <span>{t('handOver.leave')}</span>
        </li>
      </ul>
      <p className={styles['problem']} role="alert">
        {open.isError && explain(open.error).message}
      </p>
      <div className={styles['row']}>
        <Button kind="primary" isBusy={open.isPending} onClick={() => open.mutate()}>
          {t('handOver.now')}
        </Button>
        {onLater !== undefined && <Button onClick={onLater}>{t('handOver.later')}</Button>}
      </div>
    </div>
  )
}
