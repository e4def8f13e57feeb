import type { PointEntry } from '../../../shared/contract/point.ts'
import type { PointRow } from './model.ts'

/** One version of a file, in all restore points that hold it as it is. */
export type Version = {
  key: string
  entry: PointEntry
  /** Newest first. */
  points: readonly PointRow[]
}

export type Search = {
  versions: ReadonlyMap<string, Version>
  done: number
  /** Points that could not be looked into, because they are encrypted. */
  locked: readonly PointRow[]
  failed: readonly { row: PointRow; detail: string }[]
  /** Points with more hits than were asked for. */
  cut: number
}

export const emptySearch: Search = { versions: new Map(), done: 0, locked: [], failed: [], cut: 0 }

/** Takes in what one point answered. Points may answer in any order. */
export function addFound(
  search: Search,
  row: PointRow,
  entries: readonly PointEntry[],
  more: boolean,
): Search {
  const versions = new Map(search.versions)
  for (const entry of entries) {
    const key = JSON.stringify([
      row.name,
      entry.pathBase64 ?? entry.path,
      entry.kind,
      entry.size,
      entry.mtime,
    ])
    const known = versions.get(key)
    const points = [...(known?.points ?? []), row].sort((a, b) => b.at - a.at)
    versions.set(key, { key, entry, points })
  }
  return { ...search, versions, done: search.done + 1, cut: search.cut + (more ? 1 : 0) }
}

/** By path; of one path the version changed last comes first. */
export const sortVersions = (search: Search): Version[] =>
  [...search.versions.values()].sort(
    (a, b) =>
      compare(a.entry.path, b.entry.path) ||
      compare(b.entry.mtime ?? '', a.entry.mtime ?? '') ||
      (b.points[0]?.at ?? 0) - (a.points[0]?.at ?? 0),
  )

const compare = (a: string, b: string): number => (a < b ? -1 : a > b ? 1 : 0)

export const nameOf = (path: string): string => path.slice(path.lastIndexOf('/') + 1)
export const folderOf = (path: string): string => path.slice(0, Math.max(0, path.lastIndexOf('/')))
