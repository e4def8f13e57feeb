import { directorComponents, directorFileName } from '../../../../../shared/director-files.ts'
import { parseName, pointId } from '../../../archive/names.ts'
import { readManifest } from '../../../points/list-points.ts'
import { EngineError } from '../../../engine-error.ts'
import type { ObjectStore } from '../../../store/object-store.ts'
import { bare } from './safety-copies.ts'

/**
 * The restore points that the five files of a stamp are, on the server they were restored from: those whose manifest
 * lists all five under these names. None for files of the vendor's own tool. Reads only.
 * @param hashes what was read of them before, by name; a file that was another one then is none of the point's
 * @throws EngineError as `ObjectStore.list` and `read`
 */
export async function restoredPoints(
  store: ObjectStore,
  stamp: string,
  hashes: ReadonlyMap<string, string | null>,
  signal: AbortSignal,
): Promise<string[]> {
  const wanted = directorComponents.map(component => directorFileName(component, stamp))
  const points: string[] = []
  const found: { plan: string; stamp: string }[] = []
  for await (const { name } of store.list('', { signal })) {
    const known = parseName(name)
    if (known?.kind === 'manifest' && bare(known.stamp) === bare(stamp)) found.push(known)
  }
  for (const { plan, stamp: whole } of found)
    try {
      const { files } = await readManifest(store, plan, whole, signal)
      const sums = new Map(files.map(({ name, sha256 }) => [name, sha256]))
      const same = (name: string) => {
        const [then, now] = [sums.get(name), hashes.get(name)]
        return then !== undefined && (then === null || !now || then === now)
      }
      if (wanted.every(same)) points.push(pointId(plan, whole))
    } catch (err) {
      // A manifest that says nothing hides no other one.
      if (!(err instanceof EngineError) || !err.code.startsWith('data.')) throw err
    }
  return points.sort()
}
