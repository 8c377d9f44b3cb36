import { useTranslation } from 'react-i18next'
import { useStore } from 'zustand'
import { type Command, commands } from '@/core/commands'
import { preferences } from '@/core/preferences'
import { Dialog } from '@/ui/Dialog'
import { Keys } from '@/ui/Keys'
import { Switch } from '@/ui/Switch'
import { frame } from '../frame-state'
import { namespacesOf } from './entries'
import styles from './ShortcutSheet.module.css'

/** What works inside the conversation list and is no command of the whole app. */
const LIST_KEYS = [
  { title: 'shortcuts.move', keys: ['ArrowUp', 'ArrowDown'] },
  { title: 'list.rename', keys: ['F2'] },
  { title: 'list.delete', keys: ['Delete'] },
] as const

/** Every keyboard shortcut, those of the page that is open included. */
export default function ShortcutSheet() {
  const all = useStore(commands, (state) => state.all)
  const { t } = useTranslation(['shell', 'common', ...namespacesOf(all)])
  const singleKeys = useStore(preferences, (state) => state.singleKeys)
  return (
    <Dialog isOpen onClose={() => frame.setState({ isHelpOpen: false })} title={t('commands.help')}>
      {byArea(all).map(({ area, rows }) => (
        <section key={area} className={styles['section']}>
          <h3>{t(`shortcuts.${area}`, { defaultValue: t('shortcuts.page') })}</h3>
          <dl className={styles['rows']}>
            {rows.map(({ title, keys }) => (
              <Row key={title} name={t(title)} keys={keys} />
            ))}
          </dl>
        </section>
      ))}
      <section className={styles['section']}>
        <h3>{t('list.name')}</h3>
        <dl className={styles['rows']}>
          {LIST_KEYS.map(({ title, keys }) => (
            <Row key={title} name={t(title)} keys={keys} />
          ))}
        </dl>
      </section>
      <Switch
        label={t('common:singleKeys.label')}
        hint={t('common:singleKeys.hint')}
        isOn={singleKeys}
        onChange={(isOn) => preferences.getState().set({ singleKeys: isOn })}
      />
    </Dialog>
  )
}

function Row({ name, keys }: { name: string; keys: readonly string[] }) {
  return (
    <div className={styles['row']}>
      <dt>{name}</dt>
      <dd>
        {keys.map((shortcut) => (
          <Keys key={shortcut} shortcut={shortcut} />
        ))}
      </dd>
    </div>
  )
}

interface AreaOfKeys {
  readonly area: string
  readonly rows: readonly { readonly title: string; readonly keys: readonly string[] }[]
}

/** Commands that have a shortcut, by the area that their id begins with; one row for each name. */
export function byArea(all: readonly Command[]): readonly AreaOfKeys[] {
  const areas = new Map<string, Map<string, string[]>>()
  for (const { id, title, shortcut } of all) {
    if (shortcut === undefined) continue
    const area = id.split('.', 1)[0] ?? id
    const rows = areas.get(area) ?? new Map<string, string[]>()
    rows.set(title, [...(rows.get(title) ?? []), shortcut])
    areas.set(area, rows)
  }
  return [...areas].map(([area, rows]) => ({
    area,
    rows: [...rows].map(([title, keys]) => ({ title, keys })),
  }))
}
