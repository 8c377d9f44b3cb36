import { useTranslation } from 'react-i18next'
import { useParams } from 'wouter'
import type { WholeVisit } from '@/proof/client/light-client'
import { Page } from '@/shell/Page'
import { Governed } from '@/transparency/Governed'
import { VerifiedNote } from '@/transparency/VerifiedNote'
import styles from './Changes.module.css'
import { ChangeView } from './ChangeView'
import { ChannelList } from './ChannelList'
import { ProposeView } from './ProposeView'

/** What is proposed and what became of it; proposing, reviewing and putting in force, each signed by a person. */
export default function ChangesPage() {
  const { t } = useTranslation('changes')
  const { change } = useParams<{ change?: string }>()
  const title = change === undefined ? 'title' : change === 'new' ? 'propose.title' : 'change.title'
  return (
    <Page title={t(title)} {...(change === undefined ? {} : { partOf: t('title') })} width="wide">
      <div className={styles['page']}>
        <Governed>
          {(visit) => (
            <>
              <Content change={change} visit={visit} />
              <VerifiedNote visit={visit} />
            </>
          )}
        </Governed>
      </div>
    </Page>
  )
}

function Content({ change, visit }: { change: string | undefined; visit: WholeVisit }) {
  const { state } = visit.history
  if (change === undefined) return <ChannelList state={state} />
  if (change === 'new') return <ProposeView state={state} />
  return <ChangeView state={state} id={change} />
}
