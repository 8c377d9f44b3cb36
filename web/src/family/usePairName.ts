import { useCallback } from 'react'
import { useTranslation } from 'react-i18next'
import type { Animal, Colour } from '@/ui/animals'

/** Returns what names a child here: “the blue owl”. */
export function usePairName(): (look: { animal: Animal; colour: Colour }) => string {
  const { t } = useTranslation('looks')
  return useCallback(
    ({ animal, colour }) =>
      t('pair', {
        colour: t(`colours.${colour}`).toLowerCase(),
        animal: t(`animals.${animal}`).toLowerCase(),
      }),
    [t],
  )
}
