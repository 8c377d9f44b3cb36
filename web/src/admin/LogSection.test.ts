import { afterEach, expect, it, vi } from 'vitest'
import { json, serve } from '@/testing/render'
import { readOn } from './LogSection'

const line = (number: number) => ({
  number,
  time_ms: 0,
  level: 'info',
  logger: 'x',
  message: `m${number}`,
  place: '',
})

afterEach(() => vi.unstubAllGlobals())

it('goes on behind the last line, and begins anew when the server was started again', async () => {
  const pages: Record<string, unknown> = {
    '0': { run: 'a', data: [line(1), line(2)], last: 2, has_more: false },
    '2': { run: 'a', data: [line(3)], last: 3, has_more: false },
    '3': { run: 'b', data: [], last: 9, has_more: false },
  }
  let isRestarted = false
  serve({
    'GET /v1/admin/logs': ({ path }) => {
      const after = new URLSearchParams(path.split('?')[1]).get('after') ?? ''
      if (after === '0' && isRestarted) return json({ run: 'b', data: [line(1)], last: 1, has_more: false })
      if (after === '3') isRestarted = true
      return json(pages[after])
    },
  })
  const first = await readOn({ run: '', last: 0, lines: [] }, 'info')
  const second = await readOn(first, 'info')
  expect(second.lines.map((item) => item.number)).toEqual([1, 2, 3])
  const third = await readOn(second, 'info')
  expect(third).toMatchObject({ run: 'b', last: 1 })
  expect(third.lines.map((item) => item.message)).toEqual(['m1'])
})
