import { CircleDashed, CircleHelp, OctagonAlert } from 'lucide-react'
import { useEffect, useState } from 'react'
import { useTranslation } from 'react-i18next'
import { useStore } from 'zustand'
import { retrying } from '@/core/chunks'
import type { TurnRef } from '@/core/wire'
import { classes } from '@/ui/classes'
import { Mark } from '@/ui/Mark'
import { toast } from '@/ui/Toast'
import type { Verdict } from './check'
import styles from './ReceiptMark.module.css'
import { setVerdict, verdicts } from './verdicts'

// The checker comes when a receipt is opened, or when there is a new reply to check and nothing else to do.
const readSheet = () => retrying(() => import('./ReceiptSheet'))
const readChecker = () => retrying(() => import('./check'))
type Sheet = Awaited<ReturnType<typeof readSheet>>['default']

export interface ReceiptMarkProps {
  readonly turn: TurnRef
  /** The reply, to the character. */
  readonly reply?: string
  /** When it was given: a reply that just came is checked without being asked. */
  readonly createdMs?: number
}

const NEW_MS = 60_000

/** The mark below a reply: quiet while all is well, and loud when its proof does not hold. */
export function ReceiptMark({ turn, reply, createdMs }: ReceiptMarkProps) {
  const { t } = useTranslation('receipt')
  const [isOpen, setOpen] = useState(false)
  const [Sheet, setSheet] = useState<Sheet | null>(null)
  const verdict = useStore(verdicts, (known) => known.get(turn.id))
  useEffect(() => {
    const isNew = createdMs !== undefined && Date.now() - createdMs < NEW_MS
    if (isNew && !verdicts.getState().has(turn.id)) return checkWhenIdle(turn.id, reply)
    return undefined
  }, [turn.id, reply, createdMs])
  const open = () => {
    setOpen(true)
    readSheet().then(
      (module) => setSheet(() => module.default),
      () => {
        setOpen(false)
        setUnavailable(turn.id)
        toast(t('mark.unavailable'), { kind: 'problem' })
      },
    )
  }
  return (
    <>
      <button
        type="button"
        className={classes(styles['mark'], verdict === undefined ? undefined : styles[verdict])}
        aria-haspopup="dialog"
        onClick={open}
      >
        <MarkIcon verdict={verdict} />
        <span className={styles['word']}>
          {verdict === undefined ? t('mark.unchecked') : t(`mark.${verdict}`)}
        </span>
        {turn.mode === 'solo' && <span className={styles['solo']}> {t('mark.solo')}</span>}
      </button>
      {isOpen && Sheet !== null && <Sheet turnId={turn.id} reply={reply} onClose={() => setOpen(false)} />}
    </>
  )
}

function MarkIcon({ verdict }: { verdict: Verdict | undefined }) {
  switch (verdict) {
    case 'fails':
      return <OctagonAlert size={16} aria-hidden="true" />
    case 'promised':
    case 'checking':
      return <CircleDashed size={14} aria-hidden="true" />
    case 'unavailable':
      return <CircleHelp size={14} aria-hidden="true" />
    case 'holds':
    case undefined:
      return <Mark size={14} />
    default:
      return verdict satisfies never
  }
}

/** Check a new reply when the page has nothing better to do; returns the way to stop. */
function checkWhenIdle(turnId: string, reply: string | undefined): () => void {
  let stop = () => {}
  const start = async () => {
    const checker = await readChecker().catch(() => null)
    if (checker === null) return setUnavailable(turnId)
    const { ReceiptCheck, verdictOf } = checker
    const check = new ReceiptCheck({ turnId, reply })
    const end = check.state.subscribe((state) => setVerdict(turnId, verdictOf(state)))
    stop = () => {
      end()
      check.stop()
    }
    await check.run()
  }
  const timer = setTimeout(() => whenIdle(() => void start()), 300)
  return () => {
    clearTimeout(timer)
    stop()
  }
}

function whenIdle(work: () => void): void {
  if ('requestIdleCallback' in window) window.requestIdleCallback(work, { timeout: 4_000 })
  else work()
}

/** Notes that the checker itself could not be loaded; what a check found before stays. */
function setUnavailable(turnId: string): void {
  if (!verdicts.getState().has(turnId)) setVerdict(turnId, 'unavailable')
}
