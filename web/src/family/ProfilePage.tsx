import { useQuery } from '@tanstack/react-query'
import { useTranslation } from 'react-i18next'
import { Link } from 'wouter'
import { readProfile } from '@/core/junior'
import type { ProfileBody } from '@/core/wire'
import { Page } from '@/shell/Page'
import { AnimalFace } from '@/ui/AnimalFace'
import { ErrorState, Loading } from '@/ui/States'
import styles from './Family.module.css'
import { ProfileData } from './ProfileData'
import { ProfileLog } from './ProfileLog'
import { ProfileSettings } from './ProfileSettings'
import { ProfileToday } from './ProfileToday'
import { juniorKeys } from './queries'
import { usePairName } from './usePairName'

const VIEWS = ['today', 'settings', 'log', 'data'] as const

/** One child: today, settings, log, and what can be taken along or erased. */
export function ProfilePage({ id, view = 'today' }: { id: string; view?: string | undefined }) {
  const { t } = useTranslation('family')
  const pairName = usePairName()
  const found = useQuery({
    queryKey: juniorKeys.profile(id),
    queryFn: ({ signal }) => readProfile(id, signal),
  })
  const profile = found.data
  return (
    <Page title={profile === undefined ? null : capital(pairName(profile))} partOf={t('title')} width="wide">
      {found.isPending && <Loading />}
      {found.isError && <ErrorState error={found.error} onRetry={() => void found.refetch()} />}
      {profile !== undefined && (
        <div className={styles['sections']}>
          <div className={styles['childHead']}>
            <AnimalFace animal={profile.animal} colour={profile.colour} size={5} />
            <p>
              {t(`band.${profile.band}.name`)} · {t(`place.${profile.place}`)}
            </p>
          </div>
          <nav aria-label={pairName(profile)} className={styles['views']}>
            <Link href="/family">{t('allChildren')}</Link>
            {VIEWS.map((name) => (
              <Link
                key={name}
                href={name === 'today' ? `/family/${id}` : `/family/${id}/${name}`}
                aria-current={name === view ? 'page' : undefined}
              >
                {t(`view.${name}`)}
              </Link>
            ))}
          </nav>
          <View view={view} profile={profile} />
        </div>
      )}
    </Page>
  )
}

function capital(text: string): string {
  return text.charAt(0).toUpperCase() + text.slice(1)
}

function View({ view, profile }: { view: string; profile: ProfileBody }) {
  switch (view) {
    case 'settings':
      return <ProfileSettings key={profile.updated_ms} profile={profile} />
    case 'log':
      return <ProfileLog profile={profile} />
    case 'data':
      return <ProfileData profile={profile} />
    default:
      return <ProfileToday profile={profile} />
  }
}
