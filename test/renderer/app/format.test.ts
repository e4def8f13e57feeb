import { describe, expect, it } from 'vitest'
import {
  counted,
  formatAge,
  formatAgo,
  formatClock,
  formatDay,
  formatDuration,
  formatIn,
  formatMinutes,
  formatMoment,
  formatPercent,
  formatRange,
  formatRate,
  formatUtc,
  formatWhen,
  formatZone,
} from '../../../renderer/app/format.ts'

const zone = 'Europe/Zurich'
const second = 1000
const minute = 60 * second
const hour = 60 * minute
const now = Date.parse('2026-03-26T13:42:10Z')

describe('durations', () => {
  it.each([
    [0, '0 ms'],
    [38 * second, '38 s'],
    [8 * minute + 8 * second, '8 min 08 s'],
    [hour + 52 * minute, '1 h 52 min'],
    [76 * hour, '3 d 4 h'],
    [-5, '0 ms'],
  ])('writes %i ms as %s', (ms, words) => expect(formatDuration(ms)).toBe(words))

  it.each([
    [20 * second, 'under 1 min'],
    [27 * minute, '27 min'],
    [2 * hour, '2 h'],
    [2 * hour + 2 * minute, '2 h 2 min'],
    [36 * hour, '36 h'],
    [100 * hour, '4 d'],
  ])('writes an age of %i ms as %s', (ms, words) => expect(formatAge(ms)).toBe(words))

  it.each([
    [30, '30 min'],
    [60, '1 h'],
    [90, '1 h 30 min'],
    [1440, '24 h'],
    [10_080, '7 d'],
  ])('writes a target of %i minutes as %s', (minutes, words) => expect(formatMinutes(minutes)).toBe(words))

  it('says how long ago and how soon', () => {
    expect(formatAgo('2026-03-26T13:15:00Z', now)).toBe('27 min ago')
    expect(formatAgo('2026-03-26T13:42:05Z', now)).toBe('just now')
    expect(formatIn('2026-03-26T14:15:10Z', now)).toBe('in 33 min')
    expect(formatIn('2026-03-26T13:42:30Z', now)).toBe('in 20 s')
    expect(formatIn('2026-03-26T13:00:00Z', now)).toBe('now')
  })
})

describe('ranges of time left', () => {
  it.each([
    [1140, 1560, '19–26 min'],
    [1141, 1561, '19–27 min'],
    [41, 48, '40–50 s'],
    [2, 7, 'under 10 s'],
    [20, 130, 'under 3 min'],
    [3700, 6900, '1–2 h'],
    [60, 60, '1 min'],
  ])('rounds %i to %i s outwards to %s', (low, high, words) => expect(formatRange({ low, high })).toBe(words))

  it('never says that nothing is left', () => {
    expect(formatRange({ low: 0, high: 0 })).toBe('under 5 s')
  })

  it('holds both bounds, whatever they are', () => {
    for (let low = 0; low < 40_000; low += 137)
      for (const high of [low, low * 1.3 + 1, low * 3 + 2]) {
        const words = formatRange({ low, high })
        const size = words.endsWith(' s') ? 1 : words.endsWith('min') ? 60 : 3600
        const [from, to] = words.includes('–')
          ? words.split('–').map(part => parseFloat(part) * size)
          : [
              words.startsWith('under') ? 0 : parseFloat(words) * size,
              parseFloat(words.replace('under ', '')) * size,
            ]
        expect(from, words).toBeLessThanOrEqual(low)
        expect(to, words).toBeGreaterThanOrEqual(high)
      }
  })
})

describe('numbers', () => {
  it('rounds a percentage down, so that 100 % is the whole', () => {
    expect(formatPercent(0.9999)).toBe('99 %')
    expect(formatPercent(1)).toBe('100 %')
  })
  it('writes a rate in bytes per second', () => expect(formatRate(3.1 * 1024 * 1024)).toBe('3.1 MiB/s'))
  it('counts one and many', () => {
    expect(counted(1, 'server')).toBe('1 server')
    expect(counted(41_206, 'entry', 'entries')).toBe('41,206 entries')
  })
})

describe('times', () => {
  it('are local with weekday, as near as they are', () => {
    expect(formatWhen('2026-03-26T13:15:02Z', now, zone)).toBe('14:15')
    expect(formatWhen('2026-03-27T01:30:00Z', now, zone)).toBe('Fri 02:30')
    expect(formatWhen('2026-03-09T01:30:00Z', now, zone)).toBe('9 Mar 02:30')
    expect(formatWhen('2025-03-09T01:30:00Z', now, zone)).toBe('9 Mar 2025')
  })

  it('do not call a day of the last week by its weekday when that is ambiguous', () => {
    expect(formatWhen('2026-03-20T12:00:00Z', now, zone)).toBe('20 Mar 13:00')
  })

  it('follow the change of clocks', () => {
    expect(formatMoment('2026-03-29T00:30:00Z', undefined, zone)).toBe('Sun 29 Mar 01:30:00')
    expect(formatMoment('2026-03-29T01:00:00Z', undefined, zone)).toBe('Sun 29 Mar 03:00:00')
    expect(formatZone('2026-03-29T00:30:00Z', zone)).toBe('CET')
    expect(formatZone('2026-03-29T01:00:00Z', zone)).toBe('CEST')
  })

  it('name the year only when it is another one', () => {
    expect(formatMoment('2026-03-26T13:15:02Z', now, zone)).toBe('Thu 26 Mar 14:15:02')
    expect(formatMoment('2025-03-26T13:15:02Z', now, zone)).toBe('Wed 26 Mar 2025 14:15:02')
    expect(formatDay('2026-03-26T13:15:02Z', now, zone)).toBe('Thursday 26 March')
    expect(formatDay('2025-12-31T23:30:00Z', now, zone)).toBe('Thursday 1 January')
  })

  it('give the day in UTC when it differs from the local one', () => {
    expect(formatUtc('2026-03-26T13:15:02Z', false, zone)).toBe('13:15 UTC')
    expect(formatUtc('2026-03-25T23:15:02Z', true, zone)).toBe('Wed 25 Mar 23:15:02 UTC')
  })

  it('write midnight as 00:00', () => expect(formatClock('2026-03-25T23:00:00Z', false, zone)).toBe('00:00'))
})
