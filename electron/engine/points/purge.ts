import { volumesOf } from '../archive/manifest.ts'
import { manifestName, parseName, removedName } from '../archive/names.ts'
import { EngineError } from '../engine-error.ts'
import type { ObjectStore } from '../store/object-store.ts'
import type { FoundPoint } from './found-points.ts'
import { readManifest } from './list-points.ts'
import type { RemovedMarker } from './markers.ts'
import { encodeMarker, utcSeconds } from './markers.ts'
import type { PointPlaces } from './on-server.ts'
import { noteRemoval } from './removal-log.ts'
import type { Change } from './trash.ts'
import { look, refuseKept } from './trash.ts'
import { vendorStamp } from './vendor-point.ts'
import { giveUpUploads, pointsInUse, refuseBeingWritten, refuseInUse } from './under-way.ts'

export type Purged = { objects: string[]; bytes: number }

/** Objects removed at once. */
const width = 4

/**
 * Removes a point in the trash for good, now. A point that was never completed needs not to have been in the trash:
 * it never counted, and on a full disk there may be no room for a marker.
 * @param change.force also one that a lost run of another machine may be writing
 * @throws EngineError `run.conflict` for one outside the trash, a protected one, and one that a run reads or writes
 */
export async function purgePoint(places: PointPlaces, change: Change & { force?: boolean }): Promise<Purged> {
  const during = 'points.purge'
  const { point, server, by, signal, force = false } = change
  const { store, found, state, all } = await look(places, change, during)
  refuseKept(state, during)
  if (!found.removed && found.manifest)
    throw new EngineError('run.conflict', during, {
      subject: point,
      detail: `it is not in the trash of ${server}; remove it first`,
    })
  await refuseBeingWritten(store, places.runs, found, { during, now: places.clock.now(), force, signal })
  refuseInUse(await pointsInUse(places.runs, server), point, during)
  const purged = await purgeFound(places, server, store, found, {
    marker: all.markers.get(point) ?? null,
    by,
    signal,
  })
  await giveUpUploads(store, places.runs, server, point, signal)
  await places.verified.forget(server, [point])
  return purged
}

/**
 * Takes all objects of a point off its server: the manifest first, so that what is left can never look complete, the
 * marker last, so that a purge that died half-way is known and finished by the next. Asks nothing.
 */
export async function purgeFound(
  places: PointPlaces,
  server: string,
  store: ObjectStore,
  found: FoundPoint,
  { marker, by, signal }: { marker: RemovedMarker | null; by: string; signal: AbortSignal | undefined },
): Promise<Purged> {
  const { name, stamp, point, objects, intent, removed } = found
  const now = utcSeconds(places.clock.now())
  // By construction these are of this point; a name that is not shall never be removed because of a slip elsewhere.
  const own = [...objects.values()].filter(({ name: object }) => {
    const known = parseName(object)
    return known?.plan === name && known.stamp === stamp
  })
  const kindOf = (object: string) => parseName(object)?.kind
  const files = own.filter(object => kindOf(object.name) === 'file').map(object => object.name)
  const lists = own.filter(object => kindOf(object.name) !== 'file').map(object => object.name)
  const elsewhere = await namedByVendor(store, found, signal)
  const bytes = own.reduce((sum, object) => sum + object.size, 0)
  const all = [...(found.manifest ? [found.manifest.name] : []), ...elsewhere, ...files, ...lists]
  await noteRemoval(places.home, { at: now, server, point, did: 'purge begins', by, objects: all, bytes })
  if (!marker?.purging) {
    const tool = `drydock ${places.version}`
    const fresh = { drydockRemoved: 1 as const, removed: now, until: now, by, tool }
    await put(store, removedName(name, stamp), encodeMarker({ ...(marker ?? fresh), purging: now }), signal)
  }
  // While the manifest still tells them: without them it can look complete no more either.
  await eachOf(elsewhere, object => store.remove(object, { signal }))
  await store.remove(manifestName(name, stamp), { signal })
  await eachOf(files, object => store.remove(object, { signal }))
  await eachOf(lists, object => store.remove(object, { signal }))
  if (intent) await store.remove(intent.name, { signal })
  await store.remove(removed?.name ?? removedName(name, stamp), { signal })
  await noteRemoval(places.home, {
    at: utcSeconds(places.clock.now()),
    server,
    point,
    did: 'purged',
    by,
    objects: all,
    bytes,
  })
  places.log('info', 'purged a restore point', { server, point, by, objects: all.length, bytes })
  return { objects: all, bytes }
}

/** Files of the point whose names a vendor dictates; only the manifest tells them. One that cannot be read tells none. */
async function namedByVendor(
  store: ObjectStore,
  { name, stamp, manifest }: FoundPoint,
  signal: AbortSignal | undefined,
): Promise<string[]> {
  if (!manifest) return []
  try {
    const { files } = await readManifest(store, name, stamp, signal)
    const names = files.flatMap(volumesOf).map(volume => volume.name)
    // By its own stamp only: a manifest from elsewhere must not have other runs' files removed.
    return names.filter(object => vendorStamp(object)?.slice(0, 15) === stamp.slice(0, 15))
  } catch (err) {
    if (err instanceof EngineError && err.code.startsWith('data.')) return []
    throw err
  }
}

/** A full disk must not keep anyone from making room. */
async function put(store: ObjectStore, name: string, body: Uint8Array, signal: AbortSignal | undefined) {
  try {
    await store.put(name, body, { signal })
  } catch (err) {
    if (!(err instanceof EngineError) || (err.code !== 'remote.full' && err.code !== 'local.full')) throw err
  }
}

/** At most `width` at once; the first failure stops what has not begun and is thrown when the rest has ended. */
async function eachOf<T>(items: readonly T[], work: (item: T) => Promise<void>): Promise<void> {
  const queue = [...items]
  let failure: { err: unknown } | null = null
  const worker = async () => {
    for (let item = queue.shift(); item !== undefined && !failure; item = queue.shift())
      await work(item).catch((err: unknown) => {
        failure ??= { err }
      })
  }
  await Promise.all(Array.from({ length: width }, worker))
  if (failure !== null) throw (failure as { err: unknown }).err
}
