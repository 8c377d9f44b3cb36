import { useTranslation } from 'react-i18next'
import { useStore } from 'zustand'
import { languageOf, preferences, SEND_KEYS, TEXT_SIZES, THEMES } from '@/core/preferences'
import { Choice } from '@/ui/Choice'
import { LANGUAGE_NAMES } from '@/ui/languages'
import { Section } from '@/ui/Section'
import { Switch } from '@/ui/Switch'

/** How the app looks, and how it is used. */
export function GeneralSection() {
  const { t } = useTranslation(['settings', 'common'])
  const now = useStore(preferences)
  return (
    <>
      <Section isBeside title={t('look.title')} hint={t('look.hint')}>
        <Choice
          label={t('look.language')}
          value={languageOf(now.language)}
          options={LANGUAGE_NAMES}
          onChange={(language) => now.set({ language })}
        />
        <Choice
          label={t('look.theme')}
          value={now.theme}
          options={THEMES.map((value) => ({ value, label: t(`common:theme.${value}`) }))}
          onChange={(theme) => now.set({ theme })}
        />
        <Choice
          label={t('look.textSize')}
          hint={t('look.textSizeHint')}
          value={now.textSize}
          options={TEXT_SIZES.map((value) => ({ value, label: t(`textSize.${value}`) }))}
          onChange={(textSize) => now.set({ textSize })}
        />
      </Section>
      <Section isBeside title={t('keyboard.title')}>
        <Choice
          label={t('keyboard.send')}
          value={now.sendKey}
          options={SEND_KEYS.map((value) => ({ value, label: t(`keyboard.${value}`) }))}
          onChange={(sendKey) => now.set({ sendKey })}
        />
        <Switch
          label={t('common:singleKeys.label')}
          hint={t('common:singleKeys.hint')}
          isOn={now.singleKeys}
          onChange={(singleKeys) => now.set({ singleKeys })}
        />
      </Section>
    </>
  )
}
