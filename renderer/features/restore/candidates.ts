import type { PointOnServer } from '../../../shared/contract/point.ts'
import type { SystemRecord } from '../../../shared/plan.ts'
import { isGood, type PointRow, stampTime } from '../backups/index.ts'

/** Something that can be wanted back, and what is known of it. */
export type Candidate = {
  /** `system:NAME` or `name:NAME` */
  of: string
  title: string
  detail: string
  /** Newest first, outside the trash. */
  rows: readonly PointRow[]
  /** The newest that is complete and not known to be damaged. */
  newest: PointRow | null
}

const goodRow = (row: PointRow): boolean => row.copies.some(isGood)

/** Systems of this machine first, then what servers hold that no plan here knows: a new laptop has only those. */
export function candidatesOf(
  rows: readonly PointRow[],
  systems: readonly SystemRecord[],
  about: ReadonlyMap<string, string>,
): Candidate[] {
  const own = systems.map(({ name, kind }) =>
    candidate(`system:${name}`, name, about.get(name) ?? (kind === 'command' ? 'Command' : 'Folder'), rows),
  )
  const names = [...new Set(rows.flatMap(row => (row.system === null ? [row.name] : [])))].sort()
  const strangers = names.map(name => {
    const servers = new Set(
      rows.flatMap(row => (row.name === name ? row.copies.map(copy => copy.server) : [])),
    )
    return candidate(
      `name:${name}`,
      name,
      `${name === 'vendor' ? 'made by a vendor’s own tool' : 'no plan here'} · on ${[...servers].join(', ')}`,
      rows,
    )
  })
  return [...own, ...strangers]
}

function candidate(of: string, title: string, detail: string, all: readonly PointRow[]): Candidate {
  const rows = rowsOf(all, of)
  return { of, title, detail, rows, newest: rows.find(goodRow) ?? null }
}

/** The restore points of what is wanted. */
export function rowsOf(rows: readonly PointRow[], of: string): PointRow[] {
  if (of.startsWith('system:')) return rows.filter(row => row.system === of.slice(7))
  return rows.filter(row => row.name === of.slice(5))
}

/** Why something cannot be restored; null: it can. */
export function whyOff({ rows, newest }: Candidate, asking: boolean): string | null {
  if (newest) return null
  if (rows.length > 0)
    return rows.some(row => row.state === 'damaged') ? null : 'none of its restore points is complete'
  return asking ? 'no server has answered with one yet' : 'no server holds a restore point of it'
}

/** What one server holds of it. */
export type Holding = { server: string; copies: readonly PointOnServer[]; newest: PointOnServer | null }

export function holdingOf(rows: readonly PointRow[], server: string): Holding {
  const copies = rows.flatMap(row => row.copies.filter(copy => copy.server === server))
  return { server, copies, newest: copies.find(isGood) ?? null }
}

/** The server to begin with: one that holds the newest good point, the first added among equals. */
export function bestServer(holdings: readonly Holding[]): string | null {
  let best: Holding | null = null
  for (const holding of holdings)
    if (holding.newest && (!best?.newest || stampTime(holding.newest.stamp) > stampTime(best.newest.stamp)))
      best = holding
  return best?.server ?? null
}

/** The point to begin with: the newest good one. */
export const bestPoint = (copies: readonly PointOnServer[]): PointOnServer | null =>
  copies.find(isGood) ?? null
