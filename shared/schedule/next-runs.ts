import type { Schedule } from '../plan.ts'
import { cronOf, parseCron } from './cron.ts'
import type { Due } from './due-times.ts'
import { dues } from './due-times.ts'
import { clockOf, localTime, offsetAt, weekdayOf } from './zone.ts'

/** A due time as pages and the command line show it. */
export type NextRun = {
  /** ISO 8601 UTC. */
  at: string
  /** `Sun 29 Mar 03:00 CEST` */
  local: string
  /** Set when a change of clocks moves it or makes it ambiguous: what happens, in words. */
  note?: string
}

/** The next `count` runs after `now` (ms since 1970 UTC). */
export function nextRuns(schedule: Schedule, zone: string, now: number, count = 3): NextRun[] {
  const found: NextRun[] = []
  const everyHour = parseCron(cronOf(schedule)).hours.length === 24
  for (const due of dues(schedule, zone, now)) {
    const note = noteOf(due, zone, everyHour)
    found.push({
      at: new Date(due.at).toISOString(),
      local: localTime(zone, due.at),
      ...(note === null ? {} : { note }),
    })
    if (found.length >= count) break
  }
  return found
}

function noteOf({ at, wall, change }: Due, zone: string, everyHour: boolean): string | null {
  if (!change) return null
  const said = clockOf(wall)
  const day = weekdayOf(wall)
  const shown = clockOf(at + offsetAt(zone, at))
  if (change.after > change.before)
    return `Clocks go forward on ${day}: ${said} does not exist, so it runs at ${shown}.`
  const twice = `Clocks go back on ${day}: ${said} comes twice`
  if (!everyHour) return `${twice}; it runs once, the first time.`
  return `${twice}; this is the ${at < change.at ? 'first' : 'second'} time.`
}
