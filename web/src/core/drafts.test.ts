import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { DraftKeeper, Drafts, forgetDrafts, NO_DRAFT } from './drafts'

beforeEach(() => localStorage.clear())

describe('Drafts', () => {
  it('keeps a text for each conversation and account', () => {
    const ann = new Drafts('ann')
    ann.write('c1', { text: 'one', attachments: [] })
    ann.write('', { text: 'new', attachments: [] })
    expect(new Drafts('ann').read('c1').text).toBe('one')
    expect(new Drafts('ann').read('').text).toBe('new')
    expect(ann.read('c2')).toEqual(NO_DRAFT)
    expect(new Drafts('bob').read('c1')).toEqual(NO_DRAFT)
  })

  it('forgets what became empty, and leaves nothing behind', () => {
    const drafts = new Drafts('ann')
    drafts.write('c1', { text: 'one', attachments: [] })
    drafts.write('c1', NO_DRAFT)
    expect(localStorage.length).toBe(0)
  })

  it('keeps the latest forty', () => {
    const drafts = new Drafts('ann')
    for (let index = 0; index < 50; index++) drafts.write(`c${index}`, { text: 'x', attachments: [] })
    expect(drafts.read('c9')).toEqual(NO_DRAFT)
    expect(drafts.read('c10').text).toBe('x')
  })

  it('survives a store that holds nonsense, and one that is full', () => {
    localStorage.setItem('verax.drafts.ann', '{"a":')
    const drafts = new Drafts('ann')
    expect(drafts.read('c1')).toEqual(NO_DRAFT)
    localStorage.setItem('verax.drafts.ann', '[1, null, {"key": "c1"}]')
    expect(drafts.read('c1')).toEqual(NO_DRAFT)
    const set = vi.spyOn(Storage.prototype, 'setItem').mockImplementation(() => {
      throw new DOMException('full', 'QuotaExceededError')
    })
    expect(() => drafts.write('c1', { text: 'x', attachments: [] })).not.toThrow()
    set.mockRestore()
  })

  it('forgets everything on demand', () => {
    new Drafts('ann').write('c1', { text: 'one', attachments: [] })
    localStorage.setItem('verax.preferences', '{}')
    forgetDrafts()
    expect(Object.keys(localStorage)).toEqual(['verax.preferences'])
  })
})

describe('DraftKeeper', () => {
  beforeEach(() => void vi.useFakeTimers())
  afterEach(() => void vi.useRealTimers())

  it('keeps a draft a moment after the last change, and at once when told', () => {
    const keeper = new DraftKeeper('ann', 'c1')
    const kept = () => new Drafts('ann').read('c1').text
    keeper.change({ text: 'a' })
    vi.advanceTimersByTime(200)
    keeper.change({ text: 'ab' })
    vi.advanceTimersByTime(200)
    expect(kept()).toBe('')
    vi.advanceTimersByTime(200)
    expect(kept()).toBe('ab')
    keeper.change({ text: 'abc' })
    keeper.keep()
    expect(kept()).toBe('abc')
    expect(new DraftKeeper('ann', 'c1').now.text).toBe('abc')
  })

  it('leaves nothing at its former place when a new conversation gets its id', () => {
    const keeper = new DraftKeeper('ann', '')
    keeper.change({ text: 'first' })
    keeper.keep()
    keeper.change({ text: '' })
    keeper.move('c1')
    keeper.change({ text: 'second' })
    keeper.keep()
    expect(new Drafts('ann').read('')).toEqual(NO_DRAFT)
    expect(new Drafts('ann').read('c1').text).toBe('second')
  })
})
