import { EngineError } from '../../../engine-error.ts'
import type { ObjectStore, VendorFolder } from '../../../store/object-store.ts'

/** What a listing shows of a repository, added up while it comes in. */
export type FolderListing = {
  objects: number
  bytes: number
  /** Newest time of any object, ms; null when the server tells none. */
  last: number | null
  /** N of `index-N`, each with its size, newest first. */
  generations: { generation: number; size: number }[]
  /** Size of `index.latest`; null when it is not there. */
  latest: number | null
  /** When `snap-<uuid>.dat` was stored, ms, by uuid. */
  written: ReadonlyMap<string, number>
  /** Whether there is more than was counted. */
  more: boolean
}

/** Objects that are looked at of one repository; each costs its line of the listing. */
export const mostObjects = 200_000
/** Kept of `index-N` and `snap-….dat`: more are no repository that anybody works with. */
const mostKept = 20_000

/** @throws EngineError `remote.unsupported` for a server that Drydock cannot look below, otherwise as `listVendor` */
export async function listFolder(
  store: ObjectStore,
  folder: VendorFolder,
  signal: AbortSignal,
): Promise<FolderListing> {
  const written = new Map<string, number>()
  const found: FolderListing = {
    ...{ objects: 0, bytes: 0, last: null, generations: [], latest: null, written, more: false },
  }
  if (!store.listVendor)
    throw new EngineError('remote.unsupported', 'site.snapshots', {
      subject: store.about,
      detail: `Drydock cannot look into ${folder}/ on a server of this kind`,
    })
  for await (const { path, size, modified } of store.listVendor(folder, { signal })) {
    signal.throwIfAborted()
    // The console of a store leaves an object for the folder itself.
    if (path === '' || path.endsWith('/')) continue
    if (found.objects === mostObjects) {
      found.more = true
      break
    }
    found.objects += 1
    found.bytes += size
    if (modified !== null && modified > (found.last ?? -Infinity)) found.last = modified
    if (path === 'index.latest') found.latest = size
    const generation = /^index-(0|[1-9]\d{0,14})$/.exec(path)?.[1]
    if (generation && found.generations.length < mostKept)
      found.generations.push({ generation: Number(generation), size })
    const snapshot = /^snap-([A-Za-z0-9_-]{1,64})\.dat$/.exec(path)?.[1]
    if (snapshot && modified !== null && written.size < mostKept) written.set(snapshot, modified)
  }
  found.generations.sort((a, b) => b.generation - a.generation)
  return found
}
