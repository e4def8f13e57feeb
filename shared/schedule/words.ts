import * as cronstrue from 'cronstrue'
import type { Schedule } from '../plan.ts'
import { cronOf, parseCron } from './cron.ts'
import { dueTimes } from './due-times.ts'

/** The schedule in words: `At 02:30 AM`. The pattern itself when it has none. */
export function scheduleWords(schedule: Schedule): string {
  try {
    return cronstrue.toString(cronOf(schedule))
  } catch {
    return cronOf(schedule)
  }
}

/**
 * What is wrong with a schedule, in words; null when nothing is.
 * @param now ms since 1970 UTC: a plan that has no due time after it would wait for ever
 */
export function checkSchedule(schedule: Schedule, now: number): string | null {
  const pattern = cronOf(schedule)
  try {
    parseCron(pattern)
  } catch (err) {
    return err instanceof Error ? err.message : String(err)
  }
  try {
    cronstrue.toString(pattern)
  } catch (err) {
    return String(err).replace(/^Error: /, '')
  }
  return dueTimes(schedule, 'UTC', now, { count: 1 }).length === 0
    ? 'it never runs: there is no such date'
    : null
}
