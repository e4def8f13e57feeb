import type { Schedule } from '../plan.ts'
import { cronOf, parseCron } from './cron.ts'
import type { ClockChange } from './zone.ts'
import { clockChanges, offsetAt } from './zone.ts'

const hour = 3_600_000
const day = 24 * hour
/** No zone is further from UTC than this, ms. */
const furthest = 15 * hour

/** An instant at which a plan is due. */
export type Due = {
  /** ms since 1970 UTC. */
  at: number
  /** What the schedule says, as a wall time; another one than clocks show at `at` when a change of clocks moves it. */
  wall: number
  /** The change of clocks that skips or repeats this time of day, when one does. */
  change?: ClockChange
}

/**
 * The due times of a schedule after `after`, in order, each once.
 *
 * - A time of day that does not exist because clocks go forward is due at the first instant after the gap.
 * - One that exists twice is due the first time.
 * - A schedule that runs in every hour of the day runs in every real hour: twice in an hour that is repeated, and not
 *   for an hour that is left out as a whole.
 *
 * @throws Error with words when the pattern is none
 */
export function* dues(schedule: Schedule, zone: string, after: number): Generator<Due, void, undefined> {
  const times = parseCron(cronOf(schedule))
  const everyHour = times.hours.length === 24
  // Clocks that go back within the next hours show earlier times than now.
  const wall = after + Math.min(offsetAt(zone, after), offsetAt(zone, after + 3 * hour))
  let today = times.nextDay(Math.floor(wall / day) * day)
  let waiting: Due[] = []
  let last = after
  while (today !== null) {
    waiting.push(...duesOn(today, zone, times, everyHour))
    waiting.sort((a, b) => a.at - b.at)
    const tomorrow = times.nextDay(today + day)
    // Where clocks go back over midnight, the next day begins before this one has ended.
    const safe = tomorrow === null ? Infinity : tomorrow - furthest
    const ready: Due[] = []
    const kept: Due[] = []
    for (const due of waiting) (due.at < safe ? ready : kept).push(due)
    for (const due of ready)
      if (due.at > last) {
        last = due.at
        yield due
      }
    waiting = kept
    today = tomorrow
  }
}

type Clocks = { changes: readonly ClockChange[]; plain: number | null }
const clocks = new Map<string, Clocks>()

/** What clocks do around a day: their changes, or the one offset they keep. Kept, because the same days are asked again and again. */
function clocksOn(midnight: number, zone: string): Clocks {
  const key = `${midnight} ${zone}`
  const known = clocks.get(key)
  if (known) return known
  const changes = clockChanges(zone, midnight - furthest, midnight + day + furthest)
  const found = { changes, plain: changes.length === 0 ? offsetAt(zone, midnight) : null }
  if (clocks.size > 5000) clocks.clear()
  clocks.set(key, found)
  return found
}

function duesOn(
  midnight: number,
  zone: string,
  { hours, minutes }: { hours: readonly number[]; minutes: readonly number[] },
  everyHour: boolean,
): Due[] {
  const { changes, plain } = clocksOn(midnight, zone)
  const found: Due[] = []
  for (const h of hours)
    for (const m of minutes) {
      const wall = midnight + h * hour + m * 60_000
      if (plain !== null) found.push({ at: wall - plain, wall })
      else found.push(...placed(wall, changes, everyHour))
    }
  return found
}

/** Where a wall time near changes of clocks comes to lie. */
function placed(wall: number, changes: readonly ClockChange[], everyHour: boolean): Due[] {
  const found: Due[] = []
  let from = -Infinity
  for (const [index, change] of changes.entries()) {
    const { at, before, after } = change
    if (wall - before >= from && wall - before < at) found.push({ at: wall - before, wall })
    if (
      wall >= at + before &&
      wall < at + after &&
      !(everyHour && wholeHourIn(wall, at + before, at + after))
    )
      found.push({ at, wall, change })
    from = at
    if (index === changes.length - 1 && wall - after >= at) found.push({ at: wall - after, wall })
  }
  if (found.length < 2) return found
  const change = changes.find(
    ({ before, after, at }) => after < before && wall >= at + after && wall < at + before,
  )
  const twice = found.map(due => (change ? { ...due, change } : due))
  return everyHour ? twice : twice.slice(0, 1)
}

/** Whether the hour of the day in which `wall` lies is left out as a whole. */
function wholeHourIn(wall: number, gapStart: number, gapEnd: number): boolean {
  const start = Math.floor(wall / hour) * hour
  return start >= gapStart && start + hour <= gapEnd
}

/** The due times in (from, to], or the first `count` after `from`. */
export function dueTimes(
  schedule: Schedule,
  zone: string,
  from: number,
  until: { to: number } | { count: number },
): number[] {
  const found: number[] = []
  const [to, count] = 'to' in until ? [until.to, Infinity] : [Infinity, until.count]
  if (count < 1) return found
  for (const { at } of dues(schedule, zone, from)) {
    if (at > to) break
    found.push(at)
    if (found.length >= count) break
  }
  return found
}

/** The first due time after `after`; null when there is none any more. */
export function nextDue(schedule: Schedule, zone: string, after: number): number | null {
  return dueTimes(schedule, zone, after, { count: 1 })[0] ?? null
}
