import type { SnapshotRepository } from '../../../../../shared/contract/site.ts'
import type { Snapshots } from './repository-data.ts'

type Day = SnapshotRepository['days'][number]
type Week = SnapshotRepository['weeks'][number]

export const dayMs = 24 * 3600_000
/** `SUCCESS` in `SnapshotState` of Elasticsearch. */
const succeeded = 1

/** The day at the end of an index's name (`…-2026.11.18`, `…-2026-11-18`, `…20261118`); null when there is none. */
export function dayOfIndex(name: string): string | null {
  const found = /(?:^|\D)(\d{4})([.\-_]?)(\d\d)\2(\d\d)$/.exec(name)
  if (!found) return null
  const day = `${found[1]}-${found[3]}-${found[4]}`
  const at = Date.parse(`${day}T00:00:00Z`)
  return Number.isNaN(at) || at < 0 || dayText(at) !== day ? null : day
}

/** Empty weeks that are told: a name can lie, and a year without a day tells enough. */
const mostEmpty = 53

/**
 * Newest first: each with its indices, how many snapshots hold any of them, and whether each of its indices lies in one
 * that is whole. A list that tells no states accuses none.
 */
export function daysOf({ indices, snapshots: all }: Snapshots): Day[] {
  const broken = new Set(
    all.flatMap(({ uuid, state }) => (state === null || state === succeeded ? [] : [uuid])),
  )
  const found = new Map<string, { indices: number; snapshots: Set<string>; whole: boolean }>()
  for (const { name, snapshots } of indices) {
    const day = dayOfIndex(name)
    if (day === null || snapshots.length === 0) continue
    const known = found.get(day) ?? { indices: 0, snapshots: new Set(), whole: true }
    found.set(day, known)
    known.indices += 1
    known.whole &&= !snapshots.every(uuid => broken.has(uuid))
    for (const uuid of snapshots) known.snapshots.add(uuid)
  }
  return [...found]
    .map(([day, { indices: count, snapshots, whole }]) => ({
      day,
      indices: count,
      in: snapshots.size,
      whole,
    }))
    .sort((a, b) => (a.day < b.day ? 1 : -1))
}

/**
 * Newest first, without a gap from the week that is looked at to that of the first day: what is lost must be seen.
 * @param now ms since 1970 UTC
 */
export function weeksOf(days: readonly Pick<Day, 'day'>[], now: number): Week[] {
  const counts = new Map<number, number>()
  for (const { day } of days) {
    const monday = mondayOf(Date.parse(day))
    counts.set(monday, (counts.get(monday) ?? 0) + 1)
  }
  const first = Math.min(...counts.keys())
  let empty = 0
  for (let at = mondayOf(now); at > first && empty < mostEmpty; at -= 7 * dayMs)
    if (!counts.has(at)) {
      counts.set(at, 0)
      empty += 1
    }
  return [...counts]
    .sort(([a], [b]) => b - a)
    .map(([monday, many]) => ({ week: weekName(monday), from: dayText(monday), days: many }))
}

/** The Monday (UTC) of the ISO week that an instant lies in, ms. */
export function mondayOf(ms: number): number {
  const start = Math.floor(ms / dayMs) * dayMs
  return start - ((new Date(start).getUTCDay() + 6) % 7) * dayMs
}

/** `2026-W47`: a week belongs to the year that its Thursday lies in. */
function weekName(monday: number): string {
  const thursday = new Date(monday + 3 * dayMs)
  const first = Date.UTC(thursday.getUTCFullYear(), 0, 1)
  const week = Math.floor((thursday.getTime() - first) / (7 * dayMs)) + 1
  return `${thursday.getUTCFullYear()}-W${String(week).padStart(2, '0')}`
}

export const dayText = (ms: number): string => new Date(ms).toISOString().slice(0, 10)
