import { useTranslation } from 'react-i18next'
import { TapButton } from './TapButton'
import type { ChildPage } from './useChild'

/** All that can be tapped now. */
export function Taps({ page }: { page: ChildPage }) {
  const { t } = useTranslation('junior')
  const taps = page.reply?.taps ?? []
  if (taps.length === 0) return null
  return (
    <fieldset className="taps" aria-label={t('taps')}>
      {taps.map((tap) => (
        <TapButton key={tap.id} tap={tap} isDisabled={page.isBusy} onTap={page.tap} />
      ))}
    </fieldset>
  )
}
