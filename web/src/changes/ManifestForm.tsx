import { useTranslation } from 'react-i18next'
import type { JsonObject } from '@/proof/canonical'
import { Field, TextArea } from '@/ui/Field'
import { Switch } from '@/ui/Switch'
import styles from './Changes.module.css'
import { type Entry, entriesOf, type Group, groupOf, type Value } from './manifest'

interface Edits {
  readonly edits: ReadonlyMap<string, Value>
  readonly onEdit: (edits: ReadonlyMap<string, Value>) => void
}

/** A release as a form: the prompt, the parameters and the model first, every other single value behind them. */
export function ManifestForm({ manifest, edits, onEdit }: { manifest: JsonObject } & Edits) {
  const { t } = useTranslation('changes')
  const entries = entriesOf(manifest)
  const of = (group: Group) => entries.filter(({ path }) => groupOf(path) === group)
  return (
    <>
      <Entries entries={of('wording')} edits={edits} onEdit={onEdit} />
      <fieldset className={styles['group']}>
        <legend>{t('form.model')}</legend>
        <div className={styles['grid']}>
          <Entries entries={of('model')} edits={edits} onEdit={onEdit} />
        </div>
      </fieldset>
      <fieldset className={styles['group']}>
        <legend>{t('form.sampling')}</legend>
        <div className={styles['grid']}>
          <Entries entries={of('sampling')} edits={edits} onEdit={onEdit} />
        </div>
      </fieldset>
      <details className={styles['details']}>
        <summary>{t('form.rest')}</summary>
        <p className={styles['soft']}>{t('form.restHint')}</p>
        <div className={styles['stack']}>
          <Entries entries={of('rest')} edits={edits} onEdit={onEdit} />
        </div>
      </details>
    </>
  )
}

function Entries({ entries, edits, onEdit }: { entries: readonly Entry[] } & Edits) {
  return entries.map((entry) => (
    <EntryField
      key={entry.path}
      entry={entry}
      value={edits.get(entry.path) ?? entry.value}
      onChange={(value) => onEdit(new Map(edits).set(entry.path, value))}
    />
  ))
}

function EntryField({
  entry: { path, value: before },
  value,
  onChange,
}: {
  entry: Entry
  value: Value
  onChange: (value: Value) => void
}) {
  const { t } = useTranslation('changes')
  const isEdited = value !== before
  const label = path === 'prompt.system' ? t('form.system') : path
  const hint = isEdited ? t('form.edited', { before: short(String(before)) }) : undefined
  if (typeof value === 'boolean') return <Switch label={label} isOn={value} onChange={onChange} />
  if (typeof before === 'number') {
    return (
      <Field
        label={label}
        hint={hint}
        type="number"
        step={1}
        required
        value={String(value)}
        onChange={(event) => onChange(event.target.valueAsNumber)}
      />
    )
  }
  if (isText(path, String(before))) {
    return (
      <TextArea
        label={label}
        hint={path === 'prompt.system' ? t('form.systemHint') : hint}
        rows={path === 'prompt.system' ? 12 : 3}
        dir="auto"
        value={String(value)}
        onChange={(event) => onChange(event.target.value)}
      />
    )
  }
  return (
    <Field
      label={label}
      hint={hint}
      value={String(value)}
      onChange={(event) => onChange(event.target.value)}
    />
  )
}

/** Whether a value is wording, which may have several lines. */
function isText(path: string, value: string): boolean {
  return path.startsWith('prompt.') || /^tools\.(?!style)/.test(path) || value.includes('\n')
}

function short(text: string): string {
  const line = text.replaceAll('\n', ' ')
  return line.length > 60 ? `${line.slice(0, 60)}…` : line
}
