// @vitest-environment node
import { describe, expect, it } from 'vitest'
import { shareOf, soakOf, stepsOf } from './plan'

describe('the plan of a canary', () => {
  it('takes shares of more than 0 and at most 100 percent, to two places', () => {
    expect(['10', ' 0.5 ', '12.25', '100'].map(shareOf)).toEqual([1_000, 50, 1_225, 10_000])
    for (const wrong of ['', '0', '0.00', '101', '-5', '1e1', '10 %', '1.234', 'ten'])
      expect(shareOf(wrong), wrong).toBeNull()
  })

  it('takes soak times in seconds, minutes, hours and days', () => {
    expect(['90s', '30m', '4h', '2 d', '0s'].map(soakOf)).toEqual([90, 1_800, 14_400, 172_800, 0])
    for (const wrong of ['', '90', 'h', '1.5h', '-1h', '1w', '1000000s'])
      expect(soakOf(wrong), wrong).toBeNull()
  })

  it('rises from the first share to everybody, who wait for nothing', () => {
    expect(stepsOf(1_000, '25, 50', 3_600, 30)).toEqual([
      { share_bp: 1_000, soak_s: 3_600, users: 30 },
      { share_bp: 2_500, soak_s: 3_600, users: 30 },
      { share_bp: 5_000, soak_s: 3_600, users: 30 },
      { share_bp: 10_000, soak_s: 0, users: 30 },
    ])
    expect(stepsOf(500, '', 60, 0)?.map(({ share_bp }) => share_bp)).toEqual([500, 10_000])
    expect(stepsOf(500, '25，50', 60, 0)?.map(({ share_bp }) => share_bp)).toEqual([
      500, 2_500, 5_000, 10_000,
    ])
  })

  it('is none where shares do not rise, are none, or reach everybody before the end', () => {
    for (const wrong of ['10', '5', '25, 25', '50, 25', '25, x', '25, 100'])
      expect(stepsOf(1_000, wrong, 60, 0), wrong).toBeNull()
    expect(stepsOf(10_000, '', 60, 0)).toBeNull()
  })
})
