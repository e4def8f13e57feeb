import { parseName, pointId } from '../archive/names.ts'
import type { ObjectInfo, ObjectStore } from '../store/object-store.ts'
import { vendorName, vendorStamp } from './vendor-point.ts'

/** All that a listing shows of one point, before anything is read. */
export type FoundPoint = {
  point: string
  name: string
  stamp: string
  manifest: ObjectInfo | null
  /** Stands while a run writes it, and after one that died. */
  intent: ObjectInfo | null
  removed: ObjectInfo | null
  kept: ObjectInfo | null
  /** Files, volumes and entry lists, by name. */
  objects: Map<string, ObjectInfo>
}

export type FoundOn = {
  points: Map<string, FoundPoint>
  /** Newest time that the server shows on any object, ms: its own clock is at least there. Null: it tells none. */
  newest: number | null
}

/**
 * The points on one server, from its listing alone.
 * @param name only those of this name
 */
export async function findPoints(
  store: ObjectStore,
  name: string | undefined,
  signal: AbortSignal | undefined,
): Promise<FoundOn> {
  const points = new Map<string, FoundPoint>()
  let newest: number | null = null
  const prefix = name && name !== vendorName ? `${name}_` : ''
  for await (const object of store.list(prefix, { signal })) {
    const known = parseName(object.name)
    const stamp = known?.stamp ?? vendorStamp(object.name)
    if (object.modified !== null && object.modified > (newest ?? -Infinity)) newest = object.modified
    if (!stamp) continue
    const own = known?.plan ?? vendorName
    if (name && own !== name) continue
    const point = pointId(own, stamp)
    const found = points.get(point) ?? emptyPoint(own, stamp)
    points.set(point, found)
    switch (known?.kind) {
      case 'manifest':
      case 'intent':
      case 'removed':
      case 'kept':
        found[known.kind] = object
        break
      default:
        found.objects.set(object.name, object)
    }
  }
  return { points, newest }
}

export const emptyPoint = (name: string, stamp: string): FoundPoint => ({
  point: pointId(name, stamp),
  name,
  stamp,
  manifest: null,
  intent: null,
  removed: null,
  kept: null,
  objects: new Map(),
})

/** Whether Drydock made all that is there: only then may anything of it be removed. */
export const isOurs = ({ objects }: FoundPoint): boolean =>
  [...objects.keys()].every(object => parseName(object) !== null)
