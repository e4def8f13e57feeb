import type { DirectorPoint } from '../../../../../shared/contract/director.ts'
import { directorComponents } from '../../../../../shared/director-files.ts'
import { timeOf } from '../../../archive/names.ts'
import type { DirectorFile } from './read-files.ts'

/**
 * A `latest` copy, and the stamp of the run whose file it is; null when none is known to be. Only when it was looked
 * into does that say that no file of any run is the same.
 */
export type LatestCopy = DirectorFile & { equals: string | null; looked: boolean }
type Found = { stamps: string[]; looked: boolean }

/** How far apart, ms, a copy may be stored from the file that it is a copy of, and both from their stamp. */
const nearMs = 30 * 60_000
/** Files of the same size whose hashes are compared at most. */
const mostCompared = 4

/**
 * Finds out which run the `latest` copies are of: the same size, and the same hash where it can be had; elsewhere
 * stored at about the time of the run. A part that did not change between runs is the same in several: the run that
 * all copies agree on counts.
 * @param points newest first
 * @param hashOf null when it cannot be had
 * @returns `equals`: the run that all five are of; null when there is none
 */
export async function latestCopies(
  copies: readonly DirectorFile[],
  points: readonly DirectorPoint[],
  hashOf: (file: DirectorFile) => Promise<string | null>,
): Promise<{ latest: LatestCopy[]; equals: string | null }> {
  const found = new Map<DirectorFile, Found>()
  for (const copy of copies) found.set(copy, await sameAs(copy, points, hashOf))
  const all = [...found.values()].map(({ stamps }) => stamps)
  const common = (all[0] ?? []).filter(stamp => all.every(stamps => stamps.includes(stamp)))
  const [agreed] = common
  const latest = copies.map(copy => {
    const { stamps, looked } = found.get(copy) ?? { stamps: [], looked: false }
    return { ...copy, equals: agreed ?? stamps[0] ?? null, looked }
  })
  const whole = copies.length === directorComponents.length
  return { latest, equals: whole ? (agreed ?? null) : null }
}

/** Stamps of the runs whose file is the same as this copy, newest first. */
async function sameAs(
  copy: DirectorFile,
  points: readonly DirectorPoint[],
  hashOf: (file: DirectorFile) => Promise<string | null>,
): Promise<Found> {
  const same: { stamp: string; file: DirectorFile }[] = []
  for (const { stamp, files } of points) {
    const file = files.find(({ component }) => component === copy.component)
    if (file?.size === copy.size && copy.size > 0) same.push({ stamp, file })
  }
  // A size that no run's file has tells as much as a hash.
  if (same.length === 0) return { stamps: [], looked: true }
  const hash = await hashOf(copy)
  if (hash === null)
    return {
      stamps: same.filter(({ stamp, file }) => isNear(copy, stamp, file)).map(({ stamp }) => stamp),
      looked: false,
    }
  const equal: string[] = []
  let looked = same.length <= mostCompared
  for (const { stamp, file } of same.slice(0, mostCompared)) {
    const other = await hashOf(file)
    if (other === hash) equal.push(stamp)
    else looked &&= other !== null
  }
  return { stamps: equal, looked: looked || equal.length > 0 }
}

/** Whether the copy was stored when the run was, as far as the server tells. */
function isNear(copy: DirectorFile, stamp: string, file: DirectorFile): boolean {
  if (copy.modified === null) return false
  const at = Date.parse(copy.modified)
  const beside = file.modified === null ? Infinity : Math.abs(at - Date.parse(file.modified))
  return Math.min(beside, Math.abs(at - timeOf(stamp))) <= nearMs
}
