import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query'
import { type FormEvent, useState } from 'react'
import { useTranslation } from 'react-i18next'
import { forgetModelKey, keepModelKey, readModels, testModel } from '@/core/admin'
import { numberText } from '@/core/times'
import type { ModelOverview, ModelTestResult } from '@/core/wire'
import { keys } from '@/queries'
import { Badge } from '@/ui/Badge'
import { Button } from '@/ui/Button'
import { Digest } from '@/ui/Copy'
import { useExplain } from '@/ui/errors'
import { Field } from '@/ui/Field'
import { PasswordField } from '@/ui/PasswordField'
import { ErrorState, Loading } from '@/ui/States'
import { Table } from '@/ui/Table'
import { toast } from '@/ui/Toast'
import styles from './Admin.module.css'
import { Command } from './Command'

/** The models that answer, those that could, and the keys of remote ones. */
export function ModelSection() {
  const { t } = useTranslation('admin')
  const found = useQuery({ queryKey: keys.admin('models'), queryFn: ({ signal }) => readModels(signal) })
  if (found.isPending) return <Loading />
  if (found.isError) return <ErrorState error={found.error} onRetry={() => void found.refetch()} />
  return (
    <div className={styles['stack']}>
      <section className={styles['block']} aria-labelledby="models-serving">
        <h2 id="models-serving">{t('models.serving')}</h2>
        <Serving models={found.data} />
      </section>
      <section className={styles['block']} aria-labelledby="models-try">
        <h2 id="models-try">{t('models.connect')}</h2>
        <p className={styles['hint']}>{t('models.connectHint')}</p>
        <TestForm />
        {found.data.servers.map((server) => (
          <div key={server.url} className={styles['block']}>
            <p>{t('models.found', { kind: server.kind, url: server.url })}</p>
            <Command text={server.command} />
          </div>
        ))}
      </section>
      <section className={styles['block']} aria-labelledby="models-keys">
        <h2 id="models-keys">{t('models.keys')}</h2>
        <p className={styles['hint']}>{t('models.keysHint')}</p>
        <ModelKeys models={found.data} />
      </section>
    </div>
  )
}

function Serving({ models }: { models: ModelOverview }) {
  const { t, i18n } = useTranslation('admin')
  if (models.channels.length === 0) return <p>{t('models.none')}</p>
  return (
    <Table
      caption={t('models.serving')}
      rows={models.channels}
      keyOf={(row) => row.channel}
      columns={[
        { key: 'channel', head: t('models.channel'), cell: (row) => row.channel },
        { key: 'model', head: t('models.model'), cell: (row) => row.model },
        {
          key: 'where',
          head: t('models.where'),
          cell: (row) => (
            <>
              {row.url ?? t('models.here')}{' '}
              {row.has_key === false && <Badge kind="bad">{t('models.noKey', { name: row.key_name })}</Badge>}
            </>
          ),
        },
        {
          key: 'weights',
          head: t('models.weights'),
          cell: (row) => (row.weights === 'unknown' ? t('models.unknown') : <Digest value={row.weights} />),
        },
        {
          key: 'context',
          head: t('models.context'),
          isNumber: true,
          cell: (row) => numberText(row.context_tokens, i18n.language),
        },
      ]}
    />
  )
}

function TestForm() {
  const { t } = useTranslation('admin')
  const explain = useExplain()
  const [url, setUrl] = useState('http://localhost:11434/v1')
  const [name, setName] = useState('')
  const [key, setKey] = useState('')
  const test = useMutation({
    mutationFn: () =>
      testModel({ url: url.trim(), ...(name === '' ? {} : { name }), ...(key === '' ? {} : { key }) }),
  })
  const submit = (event: FormEvent) => {
    event.preventDefault()
    test.mutate()
  }
  return (
    <>
      <form className={styles['row']} onSubmit={submit}>
        <Field
          className={styles['grow']}
          label={t('models.url')}
          type="url"
          required
          value={url}
          onChange={(event) => setUrl(event.target.value)}
        />
        <Field
          className={styles['grow']}
          label={t('models.name')}
          value={name}
          onChange={(event) => setName(event.target.value)}
        />
        <div className={styles['grow']}>
          <PasswordField
            label={t('models.key')}
            value={key}
            autoComplete="off"
            onChange={(event) => setKey(event.target.value)}
          />
        </div>
        <Button type="submit" kind="primary" isBusy={test.isPending}>
          {t('models.test')}
        </Button>
      </form>
      <div aria-live="polite">
        {test.isError && <p>{explain(test.error).message}</p>}
        {test.isSuccess && <TestResult result={test.data} onChoose={setName} />}
      </div>
    </>
  )
}

function TestResult({ result, onChoose }: { result: ModelTestResult; onChoose: (name: string) => void }) {
  const { t } = useTranslation('admin')
  return (
    <div className={styles['block']}>
      <p>
        <Badge kind={result.is_reachable ? 'good' : 'bad'}>
          {t(result.is_reachable ? 'models.reached' : 'models.notReached')}
        </Badge>{' '}
        {result.problem !== null && `${result.problem.message} ${result.problem.hint}`}
      </p>
      {result.models.length > 0 && (
        <p>
          {t('models.offers')}{' '}
          {result.models.map((model) => (
            <Button key={model.name} size="small" onClick={() => onChoose(model.name)}>
              {model.name}
            </Button>
          ))}
        </p>
      )}
      {result.sample !== null && (
        <p>{t('models.sample', { first: result.sample.first_text_ms, total: result.sample.total_ms })}</p>
      )}
      {result.command !== null && (
        <>
          <p className={styles['hint']}>{t('models.command')}</p>
          <Command text={result.command} />
        </>
      )}
    </div>
  )
}

function ModelKeys({ models }: { models: ModelOverview }) {
  const { t } = useTranslation('admin')
  const explain = useExplain()
  const client = useQueryClient()
  const [name, setName] = useState('')
  const [key, setKey] = useState('')
  const act = useMutation({
    mutationFn: (deed: () => Promise<void>) => deed(),
    onSuccess: () => {
      setName('')
      setKey('')
      return client.invalidateQueries({ queryKey: keys.admin('models') })
    },
    onError: (error) => toast(explain(error).message, { kind: 'problem' }),
  })
  const submit = (event: FormEvent) => {
    event.preventDefault()
    act.mutate(() => keepModelKey(name, key))
  }
  return (
    <>
      {models.keys.length > 0 && (
        <Table
          caption={t('models.keys')}
          rows={models.keys}
          keyOf={(row) => row.name}
          columns={[
            { key: 'name', head: t('models.keyName'), cell: (row) => <code>{row.name}</code> },
            {
              key: 'used',
              head: t('models.usedBy'),
              cell: (row) => (row.channels.length === 0 ? t('models.nobody') : row.channels.join(', ')),
            },
            {
              key: 'forget',
              head: t('models.forget'),
              isHeadHidden: true,
              cell: (row) => (
                <Button
                  size="small"
                  kind="danger"
                  aria-label={t('models.forgetOf', { name: row.name })}
                  onClick={() => act.mutate(() => forgetModelKey(row.name))}
                >
                  {t('models.forget')}
                </Button>
              ),
            },
          ]}
        />
      )}
      <form className={styles['row']} onSubmit={submit}>
        <Field
          className={styles['grow']}
          label={t('models.keyName')}
          required
          pattern="[A-Za-z0-9][A-Za-z0-9._:/+\-]{0,127}"
          value={name}
          onChange={(event) => setName(event.target.value)}
        />
        <div className={styles['grow']}>
          <PasswordField
            label={t('models.key')}
            required
            autoComplete="off"
            value={key}
            onChange={(event) => setKey(event.target.value)}
          />
        </div>
        <Button type="submit" isBusy={act.isPending}>
          {t('models.keep')}
        </Button>
      </form>
    </>
  )
}
