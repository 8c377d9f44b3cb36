import { RotateCcw, X } from 'lucide-react'
import { useTranslation } from 'react-i18next'
import { useStore } from 'zustand'
import type { Addition, Additions } from '@/core/additions'
import { isolated } from '@/core/bidi'
import { Badge } from '@/ui/Badge'
import { Button, IconButton } from '@/ui/Button'
import { useExplain } from '@/ui/errors'
import { Progress } from '@/ui/Progress'
import styles from './Collections.module.css'

const KINDS = {
  waiting: 'plain',
  sending: 'accent',
  reading: 'accent',
  taken: 'good',
  refused: 'bad',
} as const

/** What is on its way into a collection: how far each is, and why it was not taken. */
export function AdditionList({ additions }: { additions: Additions }) {
  const { t } = useTranslation('collections')
  const { all } = useStore(additions.state)
  if (all.length === 0) return null
  const counts = (['taken', 'refused'] as const).map((stage) => {
    const count = all.filter((addition) => addition.stage === stage).length
    return t(`add.count.${stage}`, { count })
  })
  const isOver = all.every(({ stage }) => stage === 'taken' || stage === 'refused')
  return (
    <div className={styles['additions']}>
      <p role="status">{isOver ? counts.join(' ') : t('add.running', { count: all.length })}</p>
      <ul className={styles['list']} aria-label={t('add.list')}>
        {all.map((addition) => (
          <AdditionLine key={addition.key} addition={addition} additions={additions} />
        ))}
      </ul>
      {isOver && (
        <div>
          <Button size="small" onClick={() => additions.clear()}>
            {t('add.clear')}
          </Button>
        </div>
      )}
    </div>
  )
}

function AdditionLine({ addition, additions }: { addition: Addition; additions: Additions }) {
  const { t } = useTranslation('collections')
  const { key, source, stage, progress } = addition
  const name = isolated(source)
  return (
    <li className={styles['addition']}>
      <div className={styles['named']}>
        <span>
          <bdi>{source}</bdi> <Badge kind={KINDS[stage]}>{t(`add.stage.${stage}`)}</Badge>
        </span>
        {(stage === 'sending' || stage === 'reading') && (
          <Progress label={t(`add.stage.${stage}`)} value={stage === 'sending' ? progress : null} max={1} />
        )}
        <Outcome addition={addition} />
      </div>
      {stage === 'refused' && (
        <IconButton size="small" label={t('add.again', { name })} onClick={() => additions.again(key)}>
          <RotateCcw size={16} aria-hidden="true" />
        </IconButton>
      )}
      <IconButton size="small" label={t('add.takeOff', { name })} onClick={() => additions.remove(key)}>
        <X size={16} aria-hidden="true" />
      </IconButton>
    </li>
  )
}

/** What the server said of it. */
function Outcome({ addition: { error, document } }: { addition: Addition }) {
  const { t } = useTranslation('collections')
  const explain = useExplain()
  if (error !== null) {
    const { message, hint } = explain(error)
    return (
      <>
        <p className={styles['problem']}>{message}</p>
        {hint !== '' && <p className={styles['source']}>{hint}</p>}
      </>
    )
  }
  if (document === null) return null
  const found = document.is_new
    ? t(document.replaced === null ? 'add.new' : 'add.replaced', { count: document.passages })
    : t('add.known')
  return (
    <>
      <p className={styles['source']}>{found}</p>
      {document.notices.map(({ code, message }) => (
        <p key={code + message} className={styles['notice']}>
          {message}
        </p>
      ))}
    </>
  )
}
