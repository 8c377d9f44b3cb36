import { useTranslation } from 'react-i18next'
import { useParams } from 'wouter'
import { Page } from '@/shell/Page'
import { ClassroomSetUp } from './Classroom'
import { FamilyHome } from './FamilyHome'
import { ProfilePage } from './ProfilePage'
import { SetUp } from './SetUp'

/** `/family`: the children of whoever is signed in; `/family/new`, `/family/classroom`, and a page for each child. */
export default function FamilyPage() {
  // All that the pages say comes at once: no heading may go again because a part of a page waits for its words.
  const { t } = useTranslation(['family', 'looks', 'common', 'errors'])
  const { part, view } = useParams()
  if (part === undefined) return <FamilyHome />
  if (part === 'new')
    return (
      <Page title={t('setUp.page')} partOf={t('title')}>
        <SetUp />
      </Page>
    )
  if (part === 'classroom')
    return (
      <Page title={t('classroom.page')} partOf={t('title')}>
        <ClassroomSetUp />
      </Page>
    )
  return <ProfilePage key={part} id={part} view={view} />
}
