import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { type FakeConversation, FakeServer, refusal } from '@/testing/chat-server'
import { OpenConversation } from './conversation'
import { branchesOf, type Entry, entryAt, entryCount, isAnswering, shownReply } from './conversation-state'

let server: FakeServer
let signIn: (isSignedIn: boolean) => void
const opened: OpenConversation[] = []
const changed = vi.fn()

beforeEach(() => {
  server = new FakeServer().install()
  changed.mockClear()
})

afterEach(() => {
  for (const conversation of opened.splice(0)) conversation.leave()
  vi.unstubAllGlobals()
  vi.useRealTimers()
})

function open(of?: FakeConversation): OpenConversation {
  const conversation = new OpenConversation(of?.id ?? '', {
    whenSignedIn: () => new Promise((resolve) => (signIn = resolve)),
    onChange: changed,
  })
  opened.push(conversation)
  conversation.open()
  return conversation
}

function entries(conversation: OpenConversation): Entry[] {
  const state = conversation.now
  return Array.from({ length: entryCount(state) }, (_, index) => entryAt(state, index))
}

/** The lines as a reader sees them: `user: Hi`, `assistant~ Hel` for an answer on its way. */
function lines(conversation: OpenConversation): string[] {
  return entries(conversation).map((entry) => {
    switch (entry.kind) {
      case 'message':
        return `${entry.message.role}: ${entry.message.text}`
      case 'sending':
        return `sending: ${entry.sending.text}`
      case 'reply':
        return `assistant~ ${entry.reply.state.getState().text}`
      case 'gap':
        return '…'
      default:
        return entry satisfies never
    }
  })
}

async function see(conversation: OpenConversation, ...expected: readonly string[]): Promise<void> {
  await vi.waitFor(() => expect(lines(conversation)).toEqual(expected))
}

async function settle(): Promise<void> {
  await new Promise((resolve) => setTimeout(resolve, 0))
}

describe('sending', () => {
  it('makes the conversation with its first message and shows the answer as it comes', async () => {
    const conversation = open()
    expect(conversation.now.phase).toBe('new')
    void conversation.send('Hi', [], 'assistant')
    expect(lines(conversation)).toEqual(['sending: Hi'])
    await see(conversation, 'user: Hi', 'assistant~ ')
    const key = entries(conversation)[0]?.key
    server.run.start().say('Hel', 'lo')
    await see(conversation, 'user: Hi', 'assistant~ Hello')
    expect(isAnswering(conversation.now)).toBe(true)
    server.run.complete()
    await see(conversation, 'user: Hi', 'assistant: Hello')
    expect(isAnswering(conversation.now)).toBe(false)
    expect(entries(conversation).map((entry) => entry.key)).toEqual([key, server.run.id])
    expect(server.asked.filter((asked) => asked.startsWith('POST'))).toEqual([
      'POST /v1/conversations',
      `POST /v1/conversations/${conversation.now.id}/runs`,
    ])
    expect(changed).toHaveBeenCalledTimes(3)
  })

  it('sends behind the last message of a conversation that was read', async () => {
    const conversation = open(server.add('one', 'two'))
    await see(conversation, 'user: one', 'assistant: two')
    void conversation.send('three', [], '')
    await see(conversation, 'user: one', 'assistant: two', 'user: three', 'assistant~ ')
  })

  it('starts one run although the answer of the first request was lost', async () => {
    vi.useFakeTimers()
    const conversation = open(server.add())
    await vi.advanceTimersByTimeAsync(0)
    server.faults.push({ asked: /runs$/, answer: 'lost' })
    void conversation.send('Hi', [], '')
    await vi.runOnlyPendingTimersAsync()
    expect(lines(conversation)).toEqual(['user: Hi', 'assistant~ '])
    expect(server.runs.size).toBe(1)
  })

  it('keeps what was not taken, with the reason, until it is sent again or given up', async () => {
    const conversation = open(server.add('one', 'two'))
    await see(conversation, 'user: one', 'assistant: two')
    server.faults.push({ asked: /runs$/, answer: refusal(429, 'busy/runs') })
    await conversation.send('three', [], '')
    expect(conversation.now.sending).toMatchObject({ text: 'three', error: { code: 'busy/runs' } })
    expect(isAnswering(conversation.now)).toBe(false)
    const { clientId } = conversation.now.sending ?? {}
    server.faults.push({ asked: /runs$/, answer: refusal(429, 'busy/runs') })
    await conversation.resend('')
    expect(conversation.now.sending?.clientId).toBe(clientId)
    expect(conversation.dropSending()?.text).toBe('three')
    expect(lines(conversation)).toEqual(['user: one', 'assistant: two'])
  })

  it('waits until the person has signed in again, and goes on', async () => {
    const conversation = open(server.add())
    await settle()
    server.isSignedOut = true
    void conversation.send('Hi', [], '')
    await vi.waitFor(() => expect(server.asked.at(-1)).toMatch(/runs$/))
    await settle()
    server.isSignedOut = false
    signIn(true)
    await see(conversation, 'user: Hi', 'assistant~ ')
  })

  it('takes over an answer that came for a message whose request was repeated after a restart', async () => {
    const stored = server.add('Hi', 'Hello')
    const conversation = open(stored)
    await see(conversation, 'user: Hi', 'assistant: Hello')
    server.faults.push({ asked: /runs$/, answer: refusal(409, 'run/answered') })
    await conversation.send('more', [], '')
    await see(conversation, 'user: Hi', 'assistant: Hello')
    expect(conversation.now.sending).toBeNull()
  })
})

describe('stopping', () => {
  it('keeps what has come', async () => {
    const conversation = open(server.add())
    void conversation.send('Hi', [], '')
    await see(conversation, 'user: Hi', 'assistant~ ')
    server.run.start().say('Hel')
    await conversation.stop()
    await see(conversation, 'user: Hi', 'assistant: Hel')
    const last = entries(conversation)[1]
    expect(last?.kind === 'message' && last.message.turn?.status).toBe('cancelled')
  })

  it('stops a run that has not begun yet as soon as it begins', async () => {
    const conversation = open(server.add())
    await settle()
    void conversation.send('Hi', [], '')
    await conversation.stop()
    await see(conversation, 'user: Hi', 'assistant: ')
  })
})

describe('trying again and editing', () => {
  it('puts another answer beside the first, with a way back', async () => {
    const conversation = open(server.add('Hi', 'Hello'))
    await see(conversation, 'user: Hi', 'assistant: Hello')
    const parent = conversation.now.path.rows.get(0)
    void conversation.retry(parent?.id ?? '', 1)
    await see(conversation, 'user: Hi', 'assistant~ ')
    const running = entries(conversation)[1] as Entry
    expect(branchesOf(conversation.now, running)).toMatchObject({ place: 2, total: 2, next: null })
    server.run.start().say('Hey')
    server.run.complete()
    await see(conversation, 'user: Hi', 'assistant: Hey')
    const branches = branchesOf(conversation.now, entries(conversation)[1] as Entry)
    expect(branches).toMatchObject({ place: 2, total: 2 })
    if (branches?.previous != null) await conversation.choose(branches.previous, 1)
    expect(lines(conversation)).toEqual(['user: Hi', 'assistant: Hello'])
  })

  it('lets the reader go back to the first answer and forth to the one on its way', async () => {
    const conversation = open(server.add('Hi', 'Hello'))
    await see(conversation, 'user: Hi', 'assistant: Hello')
    void conversation.retry(conversation.now.path.rows.get(0)?.id ?? '', 1)
    await see(conversation, 'user: Hi', 'assistant~ ')
    const back = branchesOf(conversation.now, entries(conversation)[1] as Entry)?.previous
    if (back != null) await conversation.choose(back, 1)
    expect(lines(conversation)).toEqual(['user: Hi', 'assistant: Hello'])
    const forth = branchesOf(conversation.now, entries(conversation)[1] as Entry)
    expect(forth).toMatchObject({ place: 1, total: 2, next: { isReply: true } })
    if (forth?.next != null) await conversation.choose(forth.next, 1)
    server.run.start().say('Hey')
    await see(conversation, 'user: Hi', 'assistant~ Hey')
    server.run.complete()
    await see(conversation, 'user: Hi', 'assistant: Hey')
    await vi.waitFor(() => expect(conversation.now.isSwitching).toBe(false))
    expect(server.conversations.get(conversation.now.id)?.leafId).toBe(conversation.now.path.leafId)
  })

  it('counts an answer that ends beside the one that is shown', async () => {
    const conversation = open(server.add('Hi', 'Hello'))
    await see(conversation, 'user: Hi', 'assistant: Hello')
    void conversation.retry(conversation.now.path.rows.get(0)?.id ?? '', 1)
    await see(conversation, 'user: Hi', 'assistant~ ')
    const back = branchesOf(conversation.now, entries(conversation)[1] as Entry)?.previous
    if (back != null) await conversation.choose(back, 1)
    server.run.start().say('Hey')
    server.run.complete()
    await vi.waitFor(() =>
      expect(branchesOf(conversation.now, entries(conversation)[1] as Entry)).toMatchObject({
        place: 1,
        total: 2,
        next: { isReply: false },
      }),
    )
  })

  it('puts an edited message beside the first one and takes away what followed it', async () => {
    const conversation = open(server.add('one', 'two', 'three', 'four'))
    await see(conversation, 'user: one', 'assistant: two', 'user: three', 'assistant: four')
    const third = conversation.now.path.rows.get(2)
    if (third !== undefined) void conversation.edit(third, 'drei', [])
    expect(lines(conversation)).toEqual(['user: one', 'assistant: two', 'sending: drei'])
    await see(conversation, 'user: one', 'assistant: two', 'user: drei', 'assistant~ ')
    server.run.start().say('vier')
    server.run.complete()
    await see(conversation, 'user: one', 'assistant: two', 'user: drei', 'assistant: vier')
    const branches = branchesOf(conversation.now, entries(conversation)[2] as Entry)
    expect(branches).toMatchObject({ place: 2, total: 2 })
    if (branches?.previous != null) await conversation.choose(branches.previous, 2)
    expect(lines(conversation)).toEqual(['user: one', 'assistant: two', 'user: three', 'assistant: four'])
  })

  it('shows everything again when an edit was not taken and is given up', async () => {
    const conversation = open(server.add('one', 'two'))
    await see(conversation, 'user: one', 'assistant: two')
    server.faults.push({ asked: /runs$/, answer: refusal(413, 'request/too-large') })
    const first = conversation.now.path.rows.get(0)
    if (first !== undefined) await conversation.edit(first, 'eins', [])
    expect(lines(conversation)).toEqual(['sending: eins'])
    conversation.dropSending()
    expect(lines(conversation)).toEqual(['user: one', 'assistant: two'])
  })
})

describe('what goes wrong with an answer', () => {
  it('shows a stored failure as a message', async () => {
    const conversation = open(server.add())
    void conversation.send('Hi', [], '')
    await see(conversation, 'user: Hi', 'assistant~ ')
    server.run.start().say('Hel')
    server.run.fail()
    await see(conversation, 'user: Hi', 'assistant: Hel')
  })

  it('keeps an answer that never began, with its reason, until it is asked for again', async () => {
    const conversation = open(server.add())
    void conversation.send('Hi', [], '')
    await see(conversation, 'user: Hi', 'assistant~ ')
    server.run.fail('busy/model', false, 3)
    await vi.waitFor(() =>
      expect(shownReply(conversation.now)?.state.getState().loss).toMatchObject({
        kind: 'failed',
        error: { code: 'busy/model' },
        retryAfterS: 3,
      }),
    )
    expect(isAnswering(conversation.now)).toBe(false)
    void conversation.retry(conversation.now.path.leafId, 1)
    await see(conversation, 'user: Hi', 'sending: null')
    await see(conversation, 'user: Hi', 'assistant~ ')
    expect(conversation.now.replies).toHaveLength(1)
  })

  it('keeps the words of an answer that a restart of the server ended', async () => {
    const conversation = open(server.add())
    void conversation.send('Hi', [], '')
    await see(conversation, 'user: Hi', 'assistant~ ')
    server.run.start().say('Hel')
    await see(conversation, 'user: Hi', 'assistant~ Hel')
    server.restart()
    await vi.waitFor(() => expect(shownReply(conversation.now)?.state.getState().loss?.kind).toBe('lost'))
    await settle()
    expect(lines(conversation)).toEqual(['user: Hi', 'assistant~ Hel'])
  })

  it('shows the stored answer instead when the run ended before it was forgotten', async () => {
    const stored = server.add()
    const conversation = open(stored)
    void conversation.send('Hi', [], '')
    await see(conversation, 'user: Hi', 'assistant~ ')
    const shownLosses: unknown[] = []
    shownReply(conversation.now)?.state.subscribe(({ loss }) => {
      if (loss !== null && shownReply(conversation.now) !== null) shownLosses.push(loss)
    })
    stored.append(server.run.parentId, 'assistant', 'Hello')
    server.restart()
    await see(conversation, 'user: Hi', 'assistant: Hello')
    await settle()
    expect(shownLosses).toEqual([])
    expect(conversation.now.replies).toEqual([])
  })
})

describe('two tabs', () => {
  it('shows what another tab sent, and its answer while it comes', async () => {
    const stored = server.add()
    const [one, two] = [open(stored), open(stored)]
    await settle()
    void one.send('Hi', [], '')
    await see(one, 'user: Hi', 'assistant~ ')
    server.run.start().say('Hel')
    await two.refresh()
    await see(two, 'user: Hi', 'assistant~ Hel')
    server.run.say('lo')
    server.run.complete()
    await see(one, 'user: Hi', 'assistant: Hello')
    await see(two, 'user: Hi', 'assistant: Hello')
  })

  it('does not take an older view of the server over what was done here meanwhile', async () => {
    const conversation = open(server.add('one', 'two'))
    await see(conversation, 'user: one', 'assistant: two')
    const reading = conversation.refresh()
    void conversation.send('three', [], '')
    await reading
    expect(lines(conversation)).toEqual(['user: one', 'assistant: two', 'sending: three'])
    await see(conversation, 'user: one', 'assistant: two', 'user: three', 'assistant~ ')
  })
})

describe('leaving and coming back', () => {
  it('reads on where it stopped, without a lost or doubled word', async () => {
    const conversation = open(server.add())
    void conversation.send('Hi', [], '')
    await see(conversation, 'user: Hi', 'assistant~ ')
    server.run.start().say('one ')
    await see(conversation, 'user: Hi', 'assistant~ one ')
    conversation.leave()
    server.run.say('two ')
    conversation.open()
    await see(conversation, 'user: Hi', 'assistant~ one two ')
    server.run.say('three')
    server.run.complete()
    await see(conversation, 'user: Hi', 'assistant: one two three')
  })
})

describe('reading', () => {
  it('says when there is no such conversation, and when it cannot be read', async () => {
    const gone = open(new FakeServer().add())
    await vi.waitFor(() => expect(gone.now.phase).toBe('gone'))
    server.isDown = true
    const failed = open(server.add('one'))
    await vi.waitFor(() => expect(failed.now.phase).toBe('failed'))
    server.isDown = false
    await failed.refresh()
    expect(failed.now.phase).toBe('ready')
  })

  it('opens a long conversation at its end and fills gaps where they are looked at', async () => {
    const texts = Array.from({ length: 1000 }, (_, index) => `text ${index}`)
    const conversation = open(server.add(...texts))
    await vi.waitFor(() => expect(conversation.now.phase).toBe('ready'))
    expect(conversation.now.path.length).toBe(1000)
    expect(conversation.now.path.rows.size).toBe(100)
    expect(entryAt(conversation.now, 10).kind).toBe('gap')
    conversation.look({ from: 10, to: 20 })
    await vi.waitFor(() => expect(lines(conversation)[10]).toBe('user: text 10'))
    expect(lines(conversation)[19]).toBe('assistant: text 19')
    expect(lines(conversation)[500]).toBe('…')
  })

  it('finds a message on another branch and shows its path', async () => {
    const stored = server.add('one', 'two', 'three', 'four')
    const first = [...stored.messages.values()][0]
    stored.append('', 'user', 'other')
    const conversation = open(stored)
    await see(conversation, 'user: other')
    const third = [...stored.messages.values()][2]
    expect(await conversation.show(third?.id ?? '')).toBe(2)
    expect(lines(conversation)).toEqual(['user: one', 'assistant: two', 'user: three', 'assistant: four'])
    expect(conversation.now.path.rows.get(0)?.id).toBe(first?.id)
  })
})
