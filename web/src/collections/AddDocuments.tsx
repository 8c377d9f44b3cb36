import { useQuery } from '@tanstack/react-query'
import { FilePlus2, FolderPlus } from 'lucide-react'
import { type FormEvent, type RefObject, useRef, useState } from 'react'
import { useTranslation } from 'react-i18next'
import { additionsOf } from '@/core/additions'
import { LABELS, type Label, listCollections, type SourceFile } from '@/core/collections'
import { chosenFiles, droppedFiles } from '@/core/dropped'
import { sizeText } from '@/core/sizes'
import type { CollectionShown } from '@/core/wire'
import { keys } from '@/queries'
import { Button } from '@/ui/Button'
import { Field, Select } from '@/ui/Field'
import { Section } from '@/ui/Section'
import { useDroppedFiles } from '@/ui/useDroppedFiles'
import { AdditionList } from './AdditionList'
import styles from './Collections.module.css'

/** What is read, for the picker of files; the server judges by what is in a file. */
const ACCEPT = '.pdf,.docx,.html,.htm,.md,.markdown,.csv,.tsv,.eml,.txt,text/*,application/pdf,message/rfc822'

/** Where documents come in: dropped on the page, chosen, or fetched from an address. */
export function AddDocuments({ collection }: { collection: CollectionShown }) {
  const { t, i18n } = useTranslation('collections')
  const additions = additionsOf(collection.id)
  const limits = useQuery({
    queryKey: keys.collectionList,
    queryFn: ({ signal }) => listCollections(signal),
  })
  const limitBytes = limits.data?.max_document_bytes ?? Number.POSITIVE_INFINITY
  const [label, setLabel] = useState<Label>('')
  const add = (files: readonly SourceFile[]) => additions.addFiles(files, label, limitBytes)
  const isDropping = useDroppedFiles((data) => void droppedFiles(data).then(add))
  return (
    <Section title={t('add.title')} hint={t('add.hint')}>
      <div className={styles['drop']} data-dropping={isDropping || undefined}>
        <p>{t(isDropping ? 'add.dropNow' : 'add.drop')}</p>
        <Pickers onChoose={add} />
        {limits.isSuccess && (
          <p className={styles['hint']}>{t('add.limit', { size: sizeText(limitBytes, i18n.language) })}</p>
        )}
      </div>
      <PageForm onAdd={(url) => additions.addPage(url, label)} />
      <Select
        className={styles['select']}
        label={t('add.label')}
        hint={t('add.labelHint')}
        value={label}
        onChange={({ target }) => setLabel(LABELS.find((one) => one === target.value) ?? '')}
      >
        {LABELS.map((one) => (
          <option key={one} value={one}>
            {t(`label.${one || 'none'}`)}
          </option>
        ))}
      </Select>
      <AdditionList additions={additions} />
    </Section>
  )
}

function Pickers({ onChoose }: { onChoose: (files: readonly SourceFile[]) => void }) {
  const { t } = useTranslation('collections')
  const files = useRef<HTMLInputElement>(null)
  const folder = useRef<HTMLInputElement>(null)
  return (
    <div className={styles['row']}>
      <Button onClick={() => files.current?.click()}>
        <FilePlus2 size={18} aria-hidden="true" /> {t('add.files')}
      </Button>
      <Button onClick={() => folder.current?.click()}>
        <FolderPlus size={18} aria-hidden="true" /> {t('add.folder')}
      </Button>
      <Picker picker={files} label={t('add.files')} onChoose={onChoose} />
      <Picker picker={folder} label={t('add.folder')} isFolder onChoose={onChoose} />
    </div>
  )
}

interface PickerProps {
  readonly picker: RefObject<HTMLInputElement | null>
  readonly label: string
  readonly isFolder?: boolean
  readonly onChoose: (files: readonly SourceFile[]) => void
}

/** The browser's own picker; a button opens it. */
function Picker({ picker, label, isFolder = false, onChoose }: PickerProps) {
  return (
    <input
      ref={picker}
      type="file"
      multiple
      hidden
      {...(isFolder ? { webkitdirectory: '' } : { accept: ACCEPT })}
      aria-label={label}
      onChange={({ target }) => {
        onChoose(chosenFiles(target.files ?? []))
        // The same file may be chosen again.
        target.value = ''
      }}
    />
  )
}

function PageForm({ onAdd }: { onAdd: (url: string) => void }) {
  const { t } = useTranslation('collections')
  const submit = (event: FormEvent<HTMLFormElement>) => {
    event.preventDefault()
    onAdd(String(new FormData(event.currentTarget).get('url')).trim())
    event.currentTarget.reset()
  }
  return (
    <form className={styles['row']} onSubmit={submit}>
      <Field
        className={styles['grow']}
        type="url"
        name="url"
        label={t('add.address')}
        hint={t('add.addressHint')}
        placeholder="https://"
        autoComplete="off"
        required
      />
      <Button type="submit">{t('add.fetch')}</Button>
    </form>
  )
}
