import type { SnapshotRepository } from '../../../../../shared/contract/site.ts'
import type { Snapshots } from './repository-data.ts'

type Day = SnapshotRepository['days'][number]
type Week = SnapshotRepository['weeks'][number]

export const dayMs = 24 * 3600_000

/** The day at the end of an index's name (`…-2026.11.18`, `…-2026-11-18`, `…20261118`); null when there is none. */
export function dayOfIndex(name: string): string | null {
  const found = /(?:^|\D)(\d{4})([.\-_]?)(\d\d)\2(\d\d)$/.exec(name)
  if (!found) return null
  const day = `${found[1]}-${found[3]}-${found[4]}`
  const at = Date.parse(`${day}T00:00:00Z`)
  return Number.isNaN(at) || at < 0 || dayText(at) !== day ? null : day
}

/** Newest first: each with its indices, and how many snapshots hold any of them. */
export function daysOf(indices: Snapshots['indices']): Day[] {
  const found = new Map<string, { indices: number; snapshots: Set<string> }>()
  for (const { name, snapshots } of indices) {
    const day = dayOfIndex(name)
    if (day === null || snapshots.length === 0) continue
    const known = found.get(day) ?? { indices: 0, snapshots: new Set() }
    found.set(day, known)
    known.indices += 1
    for (const uuid of snapshots) known.snapshots.add(uuid)
  }
  return [...found]
    .map(([day, { indices: count, snapshots }]) => ({ day, indices: count, in: snapshots.size }))
    .sort((a, b) => (a.day < b.day ? 1 : -1))
}

/** Newest first. */
export function weeksOf(days: readonly Day[]): Week[] {
  const weeks = new Map<string, Week>()
  for (const { day } of days) {
    const from = mondayOf(Date.parse(day))
    const week = weekName(from)
    const known = weeks.get(week) ?? { week, from: dayText(from), days: 0 }
    weeks.set(week, { ...known, days: known.days + 1 })
  }
  return [...weeks.values()]
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
