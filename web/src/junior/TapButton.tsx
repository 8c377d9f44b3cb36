import { ArrowRight, LayoutGrid, Lightbulb, RotateCcw } from 'lucide-react'
import type { ComponentType } from 'react'
import type { JuniorTap } from '@/core/wire'
import { addressOf } from './Picture'

/** Signs for taps that have no drawing: what they do is the same in every game. */
const SIGNS: Readonly<Record<string, ComponentType<{ size?: number | string; 'aria-hidden'?: 'true' }>>> = {
  next: ArrowRight,
  menu: LayoutGrid,
  hint: Lightbulb,
  again: RotateCcw,
}

/** Something to tap: a picture with its word. */
export function TapButton({
  tap,
  isDisabled,
  onTap,
}: {
  tap: JuniorTap
  isDisabled: boolean
  onTap: (id: string, label: string) => void
}) {
  const Sign = SIGNS[tap.id]
  return (
    <button
      type="button"
      className="tap"
      aria-disabled={isDisabled || undefined}
      data-picture={tap.svg !== '' || undefined}
      onClick={() => !isDisabled && onTap(tap.id, tap.label)}
    >
      {tap.svg !== '' && <img src={addressOf(tap.svg)} alt="" draggable={false} />}
      {tap.svg === '' && Sign !== undefined && <Sign size="1em" aria-hidden="true" />}
      <span lang="en">{tap.label}</span>
    </button>
  )
}
