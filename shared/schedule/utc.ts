import type { Schedule } from '../plan.ts'
import type { CronTimes } from './cron.ts'
import { cronOf, parseCron } from './cron.ts'
import { dueTimes, nextDue } from './due-times.ts'
import { scheduleWords } from './words.ts'
import { clockChanges, clockOf, localTime, offsetAt } from './zone.ts'

const minute = 60_000
const day = 24 * 60 * minute
const month = 30 * day
const year = 366 * day

/** What a schedule is in UTC, for whoever has to tell it to something that knows no other clock. */
export type UtcEqual = {
  /** Five fields; null where no single expression says the same all the year. */
  cron: string | null
  /** `01:30 UTC, 00:30 UTC while summer time holds` */
  text: string
}

/**
 * The schedule in UTC. A zone whose clocks change within a year of `now` has no single expression, nor has one whose
 * days of the month begin at another time than UTC's.
 * @param now ms since 1970 UTC
 * @throws Error with words when the pattern is none
 */
export function utcEqual(schedule: Schedule, zone: string, now: number): UtcEqual {
  const crons = offsetsOf(zone, now).map(offset => shifted(cronOf(schedule), offset))
  const [first = null, second = first] = crons
  if (crons.length > 2 || first === null || second === null) {
    const next = nextDue(schedule, zone, now)
    const when = next === null ? '' : `; the next is ${localTime('UTC', next)}`
    return { cron: null, text: `its times in UTC are no single pattern${when}` }
  }
  if (first === second) return { cron: first, text: timesOf(first) }
  const between = timesOf(first).endsWith(')') ? '; ' : ', '
  return { cron: null, text: `${timesOf(first)}${between}${timesOf(second)} while summer time holds` }
}

/** How far its clocks are ahead of UTC within the year after `now`, each once, the smallest first. */
function offsetsOf(zone: string, now: number): number[] {
  const found = new Set([offsetAt(zone, now)])
  // Month by month: two changes that undo each other within a span are not seen.
  for (let from = now; from < now + year; from += month)
    for (const { after } of clockChanges(zone, from, from + month)) found.add(after)
  return [...found].sort((a, b) => a - b)
}

/** The pattern for clocks that are `offset` ms behind; null when that is no single pattern. */
function shifted(pattern: string, offset: number): string | null {
  if (offset === 0) return pattern
  const times = parseCron(pattern)
  const [, , date = '*', inMonth = '*', weekday = '*'] = pattern.split(' ')
  const moved = times.hours.flatMap(h => times.minutes.map(m => h * 60 + m - offset / minute))
  const days = new Set(moved.map(at => Math.floor(at / 1440)))
  const [shift = 0] = days
  if (![date, inMonth, weekday].every(field => field === '*' || field === '?'))
    if (days.size > 1 || (shift !== 0 && !onlyWeekdays(date, inMonth))) return null
  const within = moved.map(at => ((at % 1440) + 1440) % 1440)
  const hours = ordered(within.map(at => Math.floor(at / 60)))
  const minutes = ordered(within.map(at => at % 60))
  // Every hour with every minute must be among them, or one pattern says too much.
  if (hours.length * minutes.length !== new Set(within).size) return null
  const weekdays = shift === 0 ? weekday : movedWeekdays(weekday, shift)
  if (weekdays === null) return null
  return [minuteField(minutes, times, pattern), hourField(hours), date, inMonth, weekdays].join(' ')
}

const onlyWeekdays = (date: string, inMonth: string): boolean =>
  [date, inMonth].every(field => field === '*' || field === '?')

/** Days of the week `shift` days on; null for what is written in another way than numbers. */
function movedWeekdays(field: string, shift: number): string | null {
  if (field === '*' || field === '?') return field
  const found: number[] = []
  for (const part of field.split(',')) {
    const range = /^([0-7])(?:-([0-7]))?$/.exec(part)
    if (!range) return null
    const [, low = '0', high = low] = range
    for (let one = Number(low); one <= Number(high); one++) found.push((((one + shift) % 7) + 7) % 7)
  }
  return ordered(found).join(',')
}

const ordered = (values: readonly number[]): number[] => [...new Set(values)].sort((a, b) => a - b)

function minuteField(minutes: readonly number[], before: CronTimes, pattern: string): string {
  const same = minutes.length === before.minutes.length && minutes.every((m, n) => m === before.minutes[n])
  return same ? (pattern.split(' ')[0] ?? '*') : minutes.join(',')
}

function hourField(hours: readonly number[]): string {
  if (hours.length === 24) return '*'
  const [first = 0, second = first] = hours
  const step = second - first
  const even = first === 0 && hours.length > 1 && hours.length * step === 24
  return even && hours.every((hour, n) => hour === n * step) ? `*/${step}` : hours.join(',')
}

/** `01:30 UTC` for one time of every day; else the words of the pattern. */
function timesOf(pattern: string): string {
  const { hours, minutes } = parseCron(pattern)
  const daily = /^\S+ \S+ [*?] [*?] [*?]$/.test(pattern)
  if (daily && hours.length === 1 && minutes.length === 1)
    return `${clockOf(((hours[0] ?? 0) * 60 + (minutes[0] ?? 0)) * minute)} UTC`
  return `${scheduleWords({ kind: 'cron', expression: pattern })} (UTC)`
}

/** The most often that it runs on one day of its zone, among its next runs: enough of them for a pattern of each minute. */
export function runsADay(schedule: Schedule, zone: string, now: number): number {
  const perDay = new Map<number, number>()
  for (const at of dueTimes(schedule, zone, now, { count: 2 * 24 * 60 })) {
    const on = Math.floor((at + offsetAt(zone, at)) / day)
    perDay.set(on, (perDay.get(on) ?? 0) + 1)
    // A day that is over, after the one that had begun already, tells it for patterns that run so often.
    if (perDay.size > 100) break
  }
  return Math.max(0, ...perDay.values())
}

/** Whether two schedules are due at the same instants: the next `count` of each, and as many half a year on. */
export function sameDues(
  a: { schedule: Schedule; zone: string },
  b: { schedule: Schedule; zone: string },
  now: number,
  count = 50,
): boolean {
  // Two zones may agree in winter alone.
  const spans = [now, now + year / 2]
  const [left, right] = [a, b].map(({ schedule, zone }) =>
    spans.map(from => dueTimes(schedule, zone, from, { count })),
  )
  return JSON.stringify(left) === JSON.stringify(right)
}
