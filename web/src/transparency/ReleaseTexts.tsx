import { useTranslation } from 'react-i18next'
import { CopyButton } from '@/ui/Copy'
import { Section } from '@/ui/Section'
import { Loading } from '@/ui/States'
import styles from './Transparency.module.css'
import { useRelease } from './useGovernance'
import { textsOf } from './wording'

/** Every word of a release that a model is given, in full. */
export function ReleaseTexts({ id, title }: { id: string; title: string }) {
  const { t } = useTranslation('transparency')
  const { data: release, isPending } = useRelease(id)
  if (isPending) return <Loading />
  if (!release) return <p className={styles['caveat']}>{t('release.closed')}</p>
  const texts = textsOf(release)
  return (
    <Section title={title}>
      <p className={styles['soft']}>{t('release.textsBody')}</p>
      {texts.map(({ path, text }) => (
        <TextBlock key={path} name={path} text={text} />
      ))}
      {texts.length === 0 && <p className={styles['soft']}>{t('release.noTexts')}</p>}
    </Section>
  )
}

export function TextBlock({ name, text }: { name: string; text: string }) {
  return (
    <figure className={styles['text']}>
      <figcaption>
        <span>{name}</span>
        <CopyButton text={text} />
      </figcaption>
      {/* biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls must be reachable by keyboard */}
      <pre dir="auto" tabIndex={0}>
        {text}
      </pre>
    </figure>
  )
}
