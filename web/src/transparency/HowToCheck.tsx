import { useTranslation } from 'react-i18next'
import { CopyButton } from '@/ui/Copy'
import { Section } from '@/ui/Section'
import { FingerprintLine } from './FingerprintLine'
import styles from './Transparency.module.css'

const STEPS = ['compare', 'receipt', 'log', 'watch', 'ask'] as const

/** For people who are no engineers: what can be checked here, how, and where it ends. */
export default function HowToCheck({ fingerprint }: { fingerprint: string }) {
  const { t } = useTranslation(['transparency', 'receipt'])
  const origin = window.location.origin
  const commands: Partial<Record<(typeof STEPS)[number], string>> = {
    receipt:
      'python3 conformance/check_receipt.py receipt.json --key keys.txt --reply reply.txt --governance bundle.json',
    log: `verax log verify --url ${origin}`,
  }
  return (
    <>
      <Section title={t('check.title')}>
        <p>{t('check.intro')}</p>
        <ol className={styles['steps']}>
          {STEPS.map((step) => (
            <li key={step}>
              <p>
                <strong>{t(`check.${step}.title`)}</strong>
              </p>
              <p>{t(`check.${step}.body`)}</p>
              {step === 'compare' && fingerprint !== '' && <FingerprintLine value={fingerprint} />}
              {commands[step] !== undefined && (
                <div className={styles['command']}>
                  <code>{commands[step]}</code>
                  <CopyButton text={commands[step]} label={t('check.copy')} />
                </div>
              )}
            </li>
          ))}
        </ol>
      </Section>
      <Section title={t('check.how')}>
        <p>{t('check.howBody')}</p>
      </Section>
      <Section title={t('check.limits')}>
        <ul className={styles['plain']}>
          {(['true', 'machine', 'people', 'time', 'model', 'page'] as const).map((item) => (
            <li key={item}>{t(`receipt:notProved.${item}`)}</li>
          ))}
        </ul>
      </Section>
    </>
  )
}
