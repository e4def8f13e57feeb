import type { Manifest } from '../archive/manifest.ts'
import { decodeManifest, maxManifestBytes, volumesOf } from '../archive/manifest.ts'
import { manifestName, pointId, timeOf } from '../archive/names.ts'
import { EngineError } from '../engine-error.ts'
import type { ObjectInfo, ObjectStore } from '../store/object-store.ts'
import type { FoundOn, FoundPoint } from './found-points.ts'
import { findPoints, isOurs } from './found-points.ts'
import type { RemovedMarker } from './markers.ts'
import { readRemoved, utcSeconds } from './markers.ts'
import { NamedElsewhere } from './named-elsewhere.ts'
import type { PointInfo } from './point.ts'
import type { SummaryCache } from './summary-cache.ts'
import { vendorName } from './vendor-point.ts'

/** In the trash since, until (then it may go for good), by whom. */
export type Trash = NonNullable<PointInfo['trash']>

/** What one server says of one point. */
export type SeenPoint = Omit<PointInfo, 'servers' | 'verified'>

/** What a server shows, and what that means. `found` has the objects, by point. */
export type Seen = FoundOn & { seen: SeenPoint[]; markers: ReadonlyMap<string, RemovedMarker | null> }

/** Manifests and markers read at once when a listing meets new ones. */
const readers = 8

/** The points on one server, from its listing alone; of manifests that are not known yet the contents are read. */
export async function pointsOn(
  store: ObjectStore,
  cache: SummaryCache,
  filter: { name?: string | undefined },
  signal: AbortSignal | undefined,
): Promise<Seen> {
  const { points, newest } = await findPoints(store, filter.name, signal)
  const seen: SeenPoint[] = []
  const markers = new Map<string, RemovedMarker | null>()
  const elsewhere = new NamedElsewhere(store, filter.name === undefined ? points : null, signal)
  const queue = [...points.values()]
  const work = async () => {
    for (let found = queue.pop(); found; found = queue.pop()) {
      const { removed } = found
      const marker = removed && (await markerOf(store, cache, removed, signal))
      if (removed) markers.set(found.point, marker)
      const trash = removed && trashOf(marker, removed, found.stamp)
      seen.push({
        ...(await describe(store, cache, found, { elsewhere, signal })),
        trash,
        kept: found.kept !== null,
      })
    }
  }
  await Promise.all(Array.from({ length: readers }, work))
  if (filter.name === undefined) cache.keepOnly(recordsIn(points.values()))
  await cache.save()
  const others = seen.filter(({ point }) => !elsewhere.isAllClaimed(points.get(point)!))
  return { points, newest, seen: others, markers }
}

async function markerOf(
  store: ObjectStore,
  cache: SummaryCache,
  object: ObjectInfo,
  signal: AbortSignal | undefined,
): Promise<RemovedMarker | null> {
  const known = cache.getRemoved(object)
  if (known !== undefined) return known
  const marker = await readRemoved(store, object, signal)
  cache.setRemoved(object, marker)
  return marker
}

/** One that cannot be understood still keeps the point in the trash, and out of every purge that nobody asked for. */
function trashOf(marker: RemovedMarker | null, { modified }: ObjectInfo, stamp: string): Trash {
  if (marker) return { since: marker.removed, until: marker.until, by: marker.by }
  return { since: utcSeconds(modified ?? timeOf(stamp)), until: '9999-12-31T23:59:59.000Z', by: 'not known' }
}

function recordsIn(points: Iterable<FoundPoint>): Set<string> {
  const names = new Set<string>()
  for (const { manifest, removed } of points)
    for (const object of [manifest, removed]) if (object) names.add(object.name)
  return names
}

async function describe(
  store: ObjectStore,
  cache: SummaryCache,
  found: FoundPoint,
  { elsewhere, signal }: { elsewhere: NamedElsewhere; signal: AbortSignal | undefined },
): Promise<Omit<SeenPoint, 'trash' | 'kept'>> {
  const { point, name, stamp, manifest, objects } = found
  const own = { point, name, stamp }
  const bytes = [...objects.values()].reduce((sum, object) => sum + object.size, 0)
  if (!manifest)
    return {
      ...own,
      files: objects.size,
      bytes,
      state: name === vendorName && !isOurs(found) ? 'no-manifest' : 'incomplete',
    }
  let summary = cache.get(manifest)
  if (!summary) {
    try {
      const content = await readManifest(store, name, stamp, signal)
      const parts = content.files.flatMap(file =>
        [...volumesOf(file), file.entries].map(({ name: object, size }) => ({ name: object, size })),
      )
      const leftOut = leftOutOf(content)
      summary = {
        files: content.files.reduce((sum, file) => sum + file.entries.files, 0),
        objects: parts,
        ...(leftOut.length > 0 ? { leftOut } : {}),
      }
      cache.set(manifest, summary)
    } catch (err) {
      // One manifest that cannot be read hides no other point; opening this one says what is wrong with it.
      if (!(err instanceof EngineError) || !err.code.startsWith('data.')) throw err
      return { ...own, files: 0, bytes, state: 'incomplete' }
    }
  }
  let whole = true
  let beside = 0
  for (const { name: object, size } of summary.objects) {
    const known = objects.get(object)?.size
    const there = known ?? (await elsewhere.sizeOf(object))
    if (known === undefined) beside += there ?? 0
    if (there !== size) whole = false
  }
  const { files, leftOut } = summary
  const state = whole ? 'complete' : 'incomplete'
  return { ...own, files, bytes: bytes + beside, state, ...(leftOut ? { leftOut } : {}) }
}

/** Of a Director's backup what its manifest names as not in it, without the reason. */
const leftOutOf = ({ source, notKept }: Manifest): string[] =>
  source.kind === 'command' && source.as === 'director' ? notKept.map(one => one.replace(/: .*$/s, '')) : []

/**
 * @param raw gets its bytes as they lie on the server
 * @throws EngineError `data.missing` when there is none, `data.format` or `data.version` when it cannot be read
 */
export async function readManifest(
  store: ObjectStore,
  name: string,
  stamp: string,
  signal: AbortSignal | undefined,
  raw: (bytes: Uint8Array) => void = () => {},
): Promise<Manifest> {
  const object = manifestName(name, stamp)
  const pieces: Uint8Array[] = []
  let size = 0
  try {
    for await (const piece of store.read(object, { offset: 0 }, { signal })) {
      size += piece.length
      if (size > maxManifestBytes)
        throw new EngineError('data.format', 'manifest.read', {
          subject: object,
          detail: 'too large for a manifest',
        })
      pieces.push(piece)
    }
  } catch (err) {
    if (!(err instanceof EngineError) || err.code !== 'remote.not-found') throw err
    throw new EngineError('data.missing', 'manifest.read', {
      subject: pointId(name, stamp),
      detail: 'no manifest: the point does not exist or was never completed',
      cause: err,
    })
  }
  const bytes = Buffer.concat(pieces)
  raw(bytes)
  const manifest = decodeManifest(bytes, object)
  if (manifest.plan !== name || manifest.stamp !== stamp)
    throw new EngineError('data.format', 'manifest.read', {
      subject: object,
      detail: `it is the manifest of ${pointId(manifest.plan, manifest.stamp)}`,
    })
  return manifest
}
