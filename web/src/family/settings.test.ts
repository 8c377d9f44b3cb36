import { describe, expect, it } from 'vitest'
import {
  beginning,
  countries,
  helplineOf,
  isPairFree,
  keepsMore,
  problemOfPin,
  timeZones,
  whereabouts,
  withBand,
} from './settings'

const here = { timeZone: 'Europe/Berlin', country: 'DE' }

describe('beginning', () => {
  it('keeps no log, and limits the day and the evening', () => {
    for (const band of ['2-4', '5-7', '8-12'] as const) {
      const settings = beginning(band, here)
      expect(settings.log_days).toBeNull()
      expect(settings.topics_held).toEqual([])
      expect(settings.daily_minutes).toBeGreaterThan(0)
      expect(settings.bedtime).not.toBeNull()
      expect([settings.time_zone, settings.country]).toEqual(['Europe/Berlin', 'DE'])
    }
  })

  it('gives another band its own limits, and bedtime only where there was one', () => {
    const small = { ...beginning('2-4', here), bedtime: null, animal: 'fox' } as const
    const large = withBand(small, '8-12')
    expect(large).toMatchObject({ band: '8-12', daily_minutes: 45, bedtime: null, animal: 'fox' })
  })
})

describe('keepsMore', () => {
  const with_ = (log_days: number | null) => ({ ...beginning('5-7', here), log_days })
  it('is true for a new log and a longer one alone', () => {
    expect(keepsMore(with_(null), with_(7))).toBe(true)
    expect(keepsMore(with_(7), with_(30))).toBe(true)
    expect(keepsMore(with_(30), with_(7))).toBe(false)
    expect(keepsMore(with_(7), with_(7))).toBe(false)
    expect(keepsMore(with_(7), with_(null))).toBe(false)
  })
})

describe('problemOfPin', () => {
  it.each([
    ['123', 'short'],
    ['12a4', 'digits'],
    ['1234', 'easy'],
    ['9876', 'easy'],
    ['0000', 'easy'],
    ['4711', null],
    ['1234567890123', 'short'],
  ])('says of %s: %s', (pin, problem) => {
    expect(problemOfPin(pin)).toBe(problem)
  })
})

describe('places', () => {
  it('have every country once, by name, and none that is no country', () => {
    const found = countries('en')
    const codes = found.map(({ code }) => code)
    expect(new Set(codes).size).toBe(codes.length)
    expect(codes.length).toBeGreaterThan(200)
    expect(codes).toContain('DE')
    expect(codes).not.toContain('EU')
    expect(found.map(({ name }) => name)).toEqual(
      found.map(({ name }) => name).toSorted((a, b) => a.localeCompare(b, 'en')),
    )
  })

  it('know the zone that was chosen, even where the browser does not list it', () => {
    expect(timeZones('Europe/Berlin')).toContain('Europe/Berlin')
    expect(timeZones('Etc/GMT+5')).toContain('Etc/GMT+5')
  })

  it('are guessed from the browser', () => {
    expect(whereabouts().timeZone).not.toBe('')
    expect(whereabouts().country).toMatch(/^[A-Z]{2}$/)
  })
})

describe('isPairFree', () => {
  const taken = [{ id: 'a', animal: 'owl', colour: 'blue' }] as const
  it('is false for a pair that another child has', () => {
    expect(isPairFree({ animal: 'owl', colour: 'blue' }, taken)).toBe(false)
    expect(isPairFree({ animal: 'owl', colour: 'blue' }, taken, 'a')).toBe(true)
    expect(isPairFree({ animal: 'owl', colour: 'red' }, taken)).toBe(true)
  })
})

describe('a helpline of one’s own', () => {
  it('is taken when it is whole, and nothing before', () => {
    expect(helplineOf(' Kids’  Line ', ' 0800 1111 ')).toEqual({ name: 'Kids’ Line', phone: '0800 1111' })
    expect(helplineOf('儿童热线', '+86 12355')).not.toBeNull()
    for (const [name, phone] of [
      ['', '0800 1111'],
      ['Kids’ Line', ''],
      ['Kids’ Line', 'call me'],
      ['www.line.example', '0800 1111'],
      ['one two three four five six seven', '0800 1111'],
      ['x'.repeat(41), '0800 1111'],
    ] as const)
      expect(helplineOf(name, phone)).toBeNull()
  })
})
