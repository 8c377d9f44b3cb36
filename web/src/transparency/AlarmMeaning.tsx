import { useTranslation } from 'react-i18next'

/** What an alarm of the log means, in a sentence; of a code that is not known here, what every alarm means. */
export function AlarmMeaning({ code }: { code: string }) {
  const { t } = useTranslation('alarms')
  return t(`meaning.${code}`, { defaultValue: t('meaning.unknown') })
}
