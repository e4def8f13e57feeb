import type { Retention } from '../../../shared/plan.ts'
import type { PeriodKeys } from './periods.ts'
import { periodsIn } from './periods.ts'

/** A point of one plan on one server, as far as retention needs to know. Points in the trash are not among them. */
export type Candidate = {
  point: string
  /** When it was taken, ms since 1970 UTC. */
  time: number
  complete: boolean
  /** The last verification found damage. */
  damaged: boolean
  /** It has been read back whole. */
  verified: boolean
  protected: boolean
}

export type Reason =
  | 'no rule'
  | 'protected'
  | 'newest good'
  | 'newest verified'
  | 'incomplete'
  | 'damaged'
  | `last ${number}`
  | `daily ${number}`
  | `weekly ${number}`
  | `monthly ${number}`
  | `yearly ${number}`

export type Chosen = {
  /** Why each that stays does. */
  keep: Map<string, Reason[]>
  /** Oldest first. */
  remove: string[]
}

const rules = [
  ['daily', 'day'],
  ['weekly', 'week'],
  ['monthly', 'month'],
  ['yearly', 'year'],
] as const

/**
 * Which points of a plan stay on a server. Pure: the same points give the same answer, whatever the clock says.
 *
 * A rule counts from the newest on, and counts periods that have a good point, not periods of the calendar: who was
 * away for a year loses nothing for it. Of each period its newest good point stays. Whatever the rules say, these stay:
 * protected ones, the newest good one, the newest that has been verified, and incomplete or damaged ones, which need a
 * person. All rules zero keep everything.
 * @param zone where days, weeks, months and years begin
 */
export function chooseKept(points: readonly Candidate[], retention: Retention, zone: string): Chosen {
  const keep = new Map<string, Reason[]>()
  const add = (point: string, reason: Reason) => keep.set(point, [...(keep.get(point) ?? []), reason])
  const newestFirst = [...points].sort((a, b) => b.time - a.time || (a.point < b.point ? 1 : -1))
  if (Object.values(retention).every(count => count === 0)) {
    for (const { point } of newestFirst) add(point, 'no rule')
    return { keep, remove: [] }
  }
  const good = newestFirst.filter(({ complete, damaged }) => complete && !damaged)
  if (good[0]) add(good[0].point, 'newest good')
  const verified = good.find(one => one.verified)
  if (verified) add(verified.point, 'newest verified')
  for (const one of newestFirst) {
    if (one.protected) add(one.point, 'protected')
    if (!one.complete) add(one.point, 'incomplete')
    else if (one.damaged) add(one.point, 'damaged')
  }
  for (const [index, { point }] of good.slice(0, retention.last).entries()) add(point, `last ${index + 1}`)
  const periodsOf = keysOnce(zone)
  for (const [rule, period] of rules) {
    const seen = new Set<string>()
    for (const { point, time } of good) {
      if (seen.size >= retention[rule]) break
      const key = periodsOf(time)[period]
      if (seen.has(key)) continue
      seen.add(key)
      add(point, `${rule} ${seen.size}`)
    }
  }
  const remove = newestFirst.filter(({ point }) => !keep.has(point)).map(({ point }) => point)
  return { keep, remove: remove.reverse() }
}

/** The keys of an instant cost some µs each, and four rules ask for the same ones. */
function keysOnce(zone: string): (ms: number) => PeriodKeys {
  const periods = periodsIn(zone)
  const known = new Map<number, PeriodKeys>()
  return ms => {
    const keys = known.get(ms) ?? periods(ms)
    known.set(ms, keys)
    return keys
  }
}
