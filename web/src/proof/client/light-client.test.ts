// @vitest-environment node
import { beforeEach, describe, expect, test } from 'vitest'
import { utf8 } from '../bytes'
import { alarmEntry, entryAfter, idOf, NAME, rootEntry, seedOf, soloRoot } from '../governance/testing'
import { writeKey } from '../key'
import { Refused } from '../refused'
import { LightClient } from './light-client'
import { textPins } from './pins'
import { httpSource } from './source'
import { MemoryPins, Signer, SimulatedLog, SimulatedServer } from './testing'
import { LogAlarm } from './watch'

const OLD = new Signer(`${NAME}/governance`, seedOf('log'))
const NEW = new Signer(`${NAME}/governance`, seedOf('another log'))
const REPLIES = new Signer(`${NAME}/replies/0`, seedOf('replies'))
const KEYS = [OLD, REPLIES].map(({ key }) => writeKey(key))

let server: SimulatedServer
let pins: MemoryPins

function governance(count: number, signer = OLD): SimulatedLog {
  const log = new SimulatedLog(signer, [rootEntry([], soloRoot(KEYS))])
  grow(log, count - 1)
  return log
}

function grow(log: SimulatedLog, count: number, root = 1): void {
  for (let added = 0; added < count; added += 1) log.entries.push(alarmEntry(log.entries, root))
}

function client(): LightClient {
  return new LightClient({ read: server.read, pins, nowMs: () => 5, pause: async () => {} })
}

async function alarmOf(work: Promise<unknown>): Promise<string> {
  const error: unknown = await work.then(
    () => null,
    (reason) => reason,
  )
  if (!(error instanceof LogAlarm)) throw new Error(`expected an alarm, found ${error}`)
  return error.alarm.reason
}

beforeEach(() => {
  const replies = new SimulatedLog(REPLIES, [utf8('a'.repeat(32)), utf8('b'.repeat(32))])
  server = new SimulatedServer(governance(5), replies)
  pins = new MemoryPins()
})

describe('a first visit', () => {
  test('keeps the keys, the tree and, once all is read, the fingerprint', async () => {
    const visit = await client().visit()
    expect(visit).toMatchObject({ name: NAME, before: null })
    expect(pins.pins).toMatchObject({ name: NAME, keys: KEYS, fingerprint: '', logs: [{ size: 5 }] })
    const { history } = await client().whole()
    expect(history.state.outcomes.map(({ reason }) => reason)).toEqual([null, null, null, null, null])
    expect(pins.pins?.fingerprint).toBe(history.state.fingerprint)
  })

  test('takes no key that is not named after a governance log', async () => {
    server.governance.signer = new Signer(`${NAME}/promise`, seedOf('log'))
    await expect(client().visit()).rejects.toMatchObject({ reason: 'key/malformed' })
    expect(pins.pins).toBeNull()
  })

  test('is told when the root document names another log key than the one that signs', async () => {
    server.governance = new SimulatedLog(NEW, [rootEntry([], soloRoot(KEYS))])
    await client().visit()
    expect(await alarmOf(client().whole())).toBe('note/unsigned')
  })
})

describe('a later visit', () => {
  test('accepts a log that grew, by a few tiles, whatever the sizes', async () => {
    const entries = Array.from({ length: 700 }, (_, at) => utf8(`entry ${at}`))
    for (const size of [1, 2, 3, 4, 7, 8, 13, 255, 256, 257, 300]) {
      server.governance = new SimulatedLog(OLD, entries.slice(0, size))
      pins.pins = null
      await client().visit()
      for (const more of [0, 1, 3, 300]) {
        server.governance.entries = entries.slice(0, server.governance.entries.length + more)
        server.asked.length = 0
        const visit = await client().visit()
        expect(visit.before?.size).toBeLessThanOrEqual(visit.now.size)
        expect(server.asked.length).toBeLessThan(8)
        expect(server.asked.filter((path) => path.includes('entries'))).toEqual([])
      }
    }
  })

  test('says so when the log went back', async () => {
    await client().visit()
    const kept = pins.pins
    server.governance = governance(4)
    expect(await alarmOf(client().visit())).toBe('log/went-back')
    expect(pins.pins).toBe(kept)
  })

  test.each([5, 6, 9, 300])('says so when the log of %i entries is another one', async (size) => {
    await client().visit()
    const kept = pins.pins
    const other = governance(3)
    other.entries.push(utf8('another entry'))
    grow(other, size - 4)
    server.governance = other
    expect(await alarmOf(client().visit())).toBe('log/forked')
    expect(await alarmOf(client().whole())).toBe('log/forked')
    expect(pins.pins).toBe(kept)
  })

  test('holds what was seen and what is shown, as evidence', async () => {
    await client().visit()
    server.governance = governance(4)
    const error = await client()
      .visit()
      .catch((reason: unknown) => reason)
    const { seen, shown } = (error as LogAlarm).alarm
    expect(seen?.note.split('\n')[1]).toBe('5')
    expect(shown?.split('\n')[1]).toBe('4')
  })

  test('calls tiles that do not lead to the signed root what they are', async () => {
    await client().visit()
    grow(server.governance, 3)
    const right = server.governance.file.bind(server.governance)
    server.governance.file = (path) => {
      const data = right(path)
      if (data && path.includes('tile/0/')) data[0] = (data[0] as number) ^ 1
      return data
    }
    expect(await alarmOf(client().visit())).toMatch(/^(?:log\/forked|proof\/root)$/)
  })

  test('is no alarm when the server is down', async () => {
    await client().visit()
    server.isDown = true
    const error: unknown = await client()
      .visit()
      .catch((reason: unknown) => reason)
    expect(error).toBeInstanceOf(Refused)
    expect(error).toMatchObject({ reason: 'log/unreachable' })
  })
})

describe('a log key that changed', () => {
  test('is an alarm when no root document says so', async () => {
    await client().whole()
    server.governance = governance(7, NEW)
    expect(await alarmOf(client().visit())).toBe('log/key-changed')
    expect(pins.pins?.keys).toEqual(KEYS)
  })

  test('is in order when a root document in the same log says so', async () => {
    await client().whole()
    const { governance: log } = server
    log.entries.push(rootEntry(log.entries, soloRoot([writeKey(NEW.key), ...KEYS.slice(1)], { version: 2 })))
    grow(log, 2, 2)
    log.signer = NEW
    expect((await client().visit()).now.size).toBe(8)
    expect(pins.pins?.keys[0]).toBe(writeKey(NEW.key))
    expect((await client().visit()).before?.size).toBe(8)
  })

  test('is a fork where the log is not the same, whatever its root documents say', async () => {
    await client().whole()
    const log = new SimulatedLog(NEW, [rootEntry([], soloRoot([writeKey(NEW.key)]))])
    grow(log, 8)
    server.governance = log
    expect(await alarmOf(client().visit())).toBe('log/forked')
  })

  test('is another installation where the name is another', async () => {
    await client().whole()
    server.governance = new SimulatedLog(
      new Signer(`${NAME.replace('abc', 'xyz')}/governance`, seedOf('log')),
    )
    expect(await alarmOf(client().visit())).toBe('log/other-installation')
  })
})

describe('reading the whole log', () => {
  test('reads only what is new the second time, and folds it', async () => {
    server.governance = governance(257)
    const light = client()
    expect((await light.whole()).history.state.size).toBe(257)
    grow(server.governance, 43)
    server.asked.length = 0
    const { history } = await light.whole()
    expect(history.state.size).toBe(300)
    expect(server.asked.filter((path) => path.includes('entries'))).toEqual(['log/tile/entries/001.p/44'])
  })

  test('shares one reading among those who ask at once', async () => {
    const light = client()
    const [one, other] = await Promise.all([light.whole(), light.whole()])
    expect(one).toBe(other)
  })

  test('refuses entries that do not lead to the signed root', async () => {
    const right = server.governance.file.bind(server.governance)
    server.governance.file = (path) => {
      const data = right(path)
      if (data && path.includes('entries')) data[40] = (data[40] as number) ^ 1
      return data
    }
    expect(await alarmOf(client().whole())).toBe('proof/root')
  })

  test('lets others have the thread between entries', async () => {
    let pauses = 0
    const pause = async () => {
      pauses += 1
    }
    const ports = { read: server.read, pins, nowMs: () => 5, pause }
    await new LightClient(ports).whole()
    expect(pauses).toBeGreaterThanOrEqual(10)
  })
})

test('reply logs are watched in the same way', async () => {
  expect((await client().visitReplies('0')).size).toBe(2)
  server.replies.entries.push(utf8('c'.repeat(32)))
  expect((await client().visitReplies('0')).size).toBe(3)
  server.replies.entries[0] = utf8('z'.repeat(32))
  expect(await alarmOf(client().visitReplies('0'))).toBe('log/forked')
})

test('what was seen can be forgotten, by decision only', async () => {
  const light = client()
  await light.whole()
  server.governance = governance(2)
  expect(await alarmOf(light.visit())).toBe('log/went-back')
  await light.forget()
  expect((await light.whole()).now.size).toBe(2)
})

describe('pins in a text store', () => {
  test('come back as they were, and anything else counts as never seen', async () => {
    const texts = new Map<string, string>()
    const store = {
      getItem: (key: string) => texts.get(key) ?? null,
      setItem: (key: string, value: string) => void texts.set(key, value),
      removeItem: (key: string) => void texts.delete(key),
    }
    await client().whole()
    const kept = textPins(store)
    expect(await kept.read()).toBeNull()
    if (pins.pins) await kept.write(pins.pins)
    expect(await kept.read()).toEqual(pins.pins)
    for (const text of ['', '{}', 'null', '{"v":2}']) {
      texts.set('verax/pins', text)
      expect(await kept.read()).toBeNull()
    }
    await kept.clear()
    expect(texts.size).toBe(0)
  })

  test('an older tree never takes the place of a newer one that another tab kept', async () => {
    await client().visit()
    const newer = structuredClone(pins.pins)
    grow(server.governance, 3)
    const later = client()
    const slow = later.visit()
    await slow
    expect(pins.pins?.logs[0]?.size).toBe(8)
    const { withMark } = await import('./pins')
    if (!pins.pins || !newer?.logs[0]) throw new Error('nothing kept')
    expect(withMark(pins.pins, newer.logs[0]).logs[0]?.size).toBe(8)
  })
})

describe('blobs that are not for this reader', () => {
  const digest = '7'.repeat(64)

  function withAdmission(): void {
    const { governance: log } = server
    const change = entryAfter(
      log.entries,
      'change',
      { name: 'release', digest },
      { channel: 'assistant', base: 'none', base_index: 0, reason: digest },
    )
    log.entries.push(change)
    const id = idOf(change)
    const own = {
      channel: 'assistant',
      act: 'admit',
      change: id,
      from: 'none',
      to: digest,
      share_bp: 10_000,
      cause: 'none',
    }
    log.entries.push(entryAfter(log.entries, 'move', { name: 'release', digest }, own))
    grow(log, 1)
  }

  test('stop the fold, and the state shown instead names them', async () => {
    withAdmission()
    const { history } = await client().whole()
    expect(history.stopped?.reason).toBe('governance/incomplete')
    expect([...history.state.unread]).toEqual([digest])
    expect(history.state.size).toBe(8)
    expect(history.state.channels.get('assistant')?.serving?.release).toBe(digest)
  })

  test('are asked for with the session only where they take one', async () => {
    const asked: [string, unknown][] = []
    const answer = (status: number, text = '') => new Response(status === 200 ? text : null, { status })
    const read = httpSource(async (path, options) => {
      asked.push([String(path), options?.credentials])
      if (String(path).includes('closed'))
        return answer(options?.credentials === 'omit' ? 401 : 200, 'closed')
      return String(path).includes('gone') ? answer(404) : answer(200, 'open')
    })
    expect(await read('log/blob/closed')).toEqual(utf8('closed'))
    expect(await read('log/blob/gone')).toBeNull()
    expect(await read('log/checkpoint')).toEqual(utf8('open'))
    expect(asked).toEqual([
      ['/log/blob/closed', 'omit'],
      ['/log/blob/closed', 'same-origin'],
      ['/log/blob/gone', 'omit'],
      ['/log/checkpoint', 'omit'],
    ])
  })

  test('are not there for somebody without an account', async () => {
    const refuse = httpSource(async () => new Response(null, { status: 401 }))
    expect(await refuse('log/blob/closed')).toBeNull()
    await expect(refuse('log/checkpoint')).rejects.toMatchObject({ reason: 'log/unreachable' })
  })
})
