import type { PointOnServer } from '../../../shared/contract/point.ts'
import type { StatusWord } from '../../ui/index.ts'

/** A restore point with its copies on all servers that answered. Pure: what pages show of what servers said. */
export type PointRow = {
  /** `NAME@STAMP` */
  point: string
  name: string
  stamp: string
  /** When it was taken, ms since 1970. */
  at: number
  /** The system that its plan belongs to; null when no plan of this machine bears its name. */
  system: string | null
  /** Copies outside the trash, complete ones first. Never empty. */
  copies: readonly PointOnServer[]
  state: PointState
  /** When a copy was last read back whole, ISO 8601; the newest. */
  verified: string | null
  kept: boolean
  files: number
  bytes: number
}

export const pointStates = ['verified', 'unverified', 'damaged', 'incomplete'] as const
export type PointState = (typeof pointStates)[number]
export const stateWords = {
  verified: 'Verified',
  unverified: 'Unverified',
  damaged: 'Damaged',
  incomplete: 'Incomplete',
} as const satisfies Record<PointState, StatusWord>

/** A stamp as ms since 1970: `20261120T095728Z`; a vendor's has no Z and counts as UTC too. */
export function stampTime(stamp: string): number {
  const [, y, mo, d, h, mi, s] = /^(\d{4})(\d\d)(\d\d)T(\d\d)(\d\d)(\d\d)Z?$/.exec(stamp) ?? []
  return Date.UTC(Number(y), Number(mo) - 1, Number(d), Number(h), Number(mi), Number(s))
}

/** What one copy is. */
export function copyState(copy: Pick<PointOnServer, 'state' | 'damaged' | 'verified'>): PointState {
  if (copy.damaged) return 'damaged'
  if (copy.state === 'incomplete') return 'incomplete'
  return copy.verified === null ? 'unverified' : 'verified'
}

/** Whether a restore can count on it. */
export const isGood = (copy: PointOnServer): boolean =>
  copy.trash === null && copy.state !== 'incomplete' && !copy.damaged

/** Damage anywhere is told first; else the best copy counts. */
function rowState(copies: readonly PointOnServer[]): PointState {
  const states = copies.map(copyState)
  if (states.includes('damaged')) return 'damaged'
  if (states.includes('verified')) return 'verified'
  return states.includes('unverified') ? 'unverified' : 'incomplete'
}

/** Merges what servers said: one row for each point, newest first. Copies in a trash are left out. */
export function mergePoints(
  listings: Iterable<readonly PointOnServer[]>,
  systemOf: ReadonlyMap<string, string>,
): PointRow[] {
  const byPoint = new Map<string, PointOnServer[]>()
  for (const points of listings)
    for (const copy of points) {
      if (copy.trash !== null) continue
      const copies = byPoint.get(copy.point)
      if (copies) copies.push(copy)
      else byPoint.set(copy.point, [copy])
    }
  const rows = [...byPoint].map(([point, found]) => rowOf(point, found, systemOf))
  return rows.sort((a, b) => b.at - a.at || (a.name < b.name ? -1 : 1))
}

function rowOf(point: string, found: PointOnServer[], systemOf: ReadonlyMap<string, string>): PointRow {
  const copies = found.length === 1 ? found : [...found].sort((a, b) => Number(isGood(b)) - Number(isGood(a)))
  const [first] = copies as [PointOnServer, ...PointOnServer[]]
  const verified = copies.reduce<string | null>(
    (newest, { verified: at }) => (at !== null && (newest === null || at > newest) ? at : newest),
    null,
  )
  return {
    point,
    name: first.name,
    stamp: first.stamp,
    at: stampTime(first.stamp),
    system: systemOf.get(first.name) ?? null,
    copies,
    state: rowState(copies),
    verified,
    kept: copies.some(({ kept }) => kept),
    files: first.files,
    bytes: first.bytes,
  }
}

/** What is in the trash: one line for each copy, those that go first at the top. */
export const trashed = (listings: Iterable<readonly PointOnServer[]>): PointOnServer[] =>
  [...listings]
    .flatMap(points => points.filter(({ trash }) => trash !== null))
    .sort((a, b) => ((a.trash?.until ?? '') < (b.trash?.until ?? '') ? -1 : 1))

const day = 24 * 3_600_000
export const periods = { '1': day, '7': 7 * day, '30': 30 * day, '365': 365 * day } as const
export type Period = keyof typeof periods | 'any'

/** What is shown; lives in the address. `of`: `system:NAME` or `name:NAME`; '' is no restriction. */
export type Filter = { of: string; state: PointState | ''; period: Period }

export function readFilter(query: Readonly<Record<string, string>> = {}): Filter {
  return {
    of: query['of'] ?? '',
    state: pointStates.find(state => state === query['state']) ?? '',
    period: query['period'] !== undefined && query['period'] in periods ? (query['period'] as Period) : 'any',
  }
}

export const writeFilter = ({ of, state, period }: Filter): Record<string, string> => ({
  of,
  state,
  period: period === 'any' ? '' : period,
})

export const isFiltered = ({ of, state, period }: Filter): boolean =>
  of !== '' || state !== '' || period !== 'any'

export function matches(row: PointRow, { of, state, period }: Filter, now: number): boolean {
  if (of.startsWith('system:') && row.system !== of.slice(7)) return false
  if (of.startsWith('name:') && row.name !== of.slice(5)) return false
  if (state !== '' && row.state !== state) return false
  return period === 'any' || now - row.at <= periods[period]
}

/** `148 restore points: 97 verified, 48 unverified, 3 damaged` */
export function countStates(rows: readonly PointRow[]): Record<PointState, number> {
  const counts = { verified: 0, unverified: 0, damaged: 0, incomplete: 0 }
  for (const { state } of rows) counts[state]++
  return counts
}

/** Good points of the same name outside the trash on that server, without this one. */
export function othersOn(
  points: readonly PointOnServer[],
  { point, name }: Pick<PointOnServer, 'point' | 'name'>,
): PointOnServer[] {
  return points.filter(other => other.name === name && other.point !== point && isGood(other))
}

/** Why a copy cannot be put into the trash, kept or copied; null: it can. */
export function whyNot(copy: PointOnServer, deed: 'remove' | 'keep' | 'copy'): string | null {
  if (copy.state === 'no-manifest')
    return deed === 'copy'
      ? 'a vendor’s own tool made it: Drydock cannot prove a copy of it'
      : 'a vendor’s own tool made it and looks after it'
  if (deed === 'remove' && copy.kept) return 'it is protected: lift that first'
  if (deed !== 'remove' && copy.state === 'incomplete') return 'it is incomplete'
  return null
}

/** What a Director's backup lacks, as any of its copies tells. */
export const leftOutOf = ({ copies }: Pick<PointRow, 'copies'>): readonly string[] =>
  copies.find(({ leftOut }) => leftOut !== undefined)?.leftOut ?? []
