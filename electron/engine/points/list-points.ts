import type { Manifest } from '../archive/manifest.ts'
import { decodeManifest, maxManifestBytes, volumesOf } from '../archive/manifest.ts'
import { manifestName, parseName, pointId } from '../archive/names.ts'
import { EngineError } from '../engine-error.ts'
import type { ObjectInfo, ObjectStore } from '../store/object-store.ts'
import type { PointInfo } from './point.ts'
import type { SummaryCache } from './summary-cache.ts'
import { vendorName, vendorStamp } from './vendor-point.ts'

/** What one server says of one point. */
export type SeenPoint = Omit<PointInfo, 'servers' | 'verified'>

type Group = { name: string; stamp: string; manifest: ObjectInfo | null; objects: Map<string, ObjectInfo> }

/** Manifests read at once when a listing meets new ones. */
const readers = 8

/** The points on one server, from its listing alone; of manifests that are not known yet the contents are read. */
export async function pointsOn(
  store: ObjectStore,
  cache: SummaryCache,
  filter: { name?: string | undefined },
  signal: AbortSignal | undefined,
): Promise<SeenPoint[]> {
  const groups = new Map<string, Group>()
  const prefix = filter.name && filter.name !== vendorName ? `${filter.name}_` : ''
  for await (const object of store.list(prefix, { signal })) {
    const known = parseName(object.name)
    const stamp = known?.stamp ?? vendorStamp(object.name)
    if (!stamp) continue
    const name = known?.plan ?? vendorName
    if (filter.name && name !== filter.name) continue
    const id = pointId(name, stamp)
    const group = groups.get(id) ?? { name, stamp, manifest: null, objects: new Map<string, ObjectInfo>() }
    groups.set(id, group)
    if (known?.kind === 'manifest') group.manifest = object
    else if (known?.kind !== 'intent') group.objects.set(object.name, object)
  }
  const points: SeenPoint[] = []
  const queue = [...groups.values()]
  const work = async () => {
    for (let group = queue.pop(); group; group = queue.pop())
      points.push(await describe(store, cache, group, signal))
  }
  await Promise.all(Array.from({ length: readers }, work))
  await cache.save()
  return points
}

async function describe(
  store: ObjectStore,
  cache: SummaryCache,
  group: Group,
  signal: AbortSignal | undefined,
): Promise<SeenPoint> {
  const { name, stamp, manifest, objects } = group
  const own = { point: pointId(name, stamp), name, stamp }
  const bytes = [...objects.values()].reduce((sum, object) => sum + object.size, 0)
  if (!manifest)
    return { ...own, files: objects.size, bytes, state: name === vendorName ? 'no-manifest' : 'incomplete' }
  let summary = cache.get(manifest)
  if (!summary) {
    try {
      const content = await readManifest(store, name, stamp, signal)
      const parts = content.files.flatMap(file =>
        [...volumesOf(file), file.entries].map(({ name: object, size }) => ({ name: object, size })),
      )
      summary = { files: content.files.reduce((sum, file) => sum + file.entries.files, 0), objects: parts }
      cache.set(manifest, summary)
    } catch (err) {
      // One manifest that cannot be read hides no other point; opening this one says what is wrong with it.
      if (!(err instanceof EngineError) || !err.code.startsWith('data.')) throw err
      return { ...own, files: 0, bytes, state: 'incomplete' }
    }
  }
  const whole = summary.objects.every(({ name: object, size }) => objects.get(object)?.size === size)
  return { ...own, files: summary.files, bytes, state: whole ? 'complete' : 'incomplete' }
}

/** @throws EngineError `data.missing` when there is none, `data.format` or `data.version` when it cannot be read */
export async function readManifest(
  store: ObjectStore,
  name: string,
  stamp: string,
  signal: AbortSignal | undefined,
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
  const manifest = decodeManifest(Buffer.concat(pieces), object)
  if (manifest.plan !== name || manifest.stamp !== stamp)
    throw new EngineError('data.format', 'manifest.read', {
      subject: object,
      detail: `it is the manifest of ${pointId(manifest.plan, manifest.stamp)}`,
    })
  return manifest
}
