import { EngineError } from '../engine-error.ts'
import type { Seen } from '../points/list-points.ts'
import type { FoundPoint } from '../points/found-points.ts'
import { isOurs } from '../points/found-points.ts'
import { keptName } from '../archive/names.ts'
import type { RemovedMarker } from '../points/markers.ts'
import { readRemoved } from '../points/markers.ts'
import type { PointPlaces } from '../points/on-server.ts'
import { seeServer } from '../points/on-server.ts'
import { purgeFound } from '../points/purge.ts'
import { pointsInUse } from '../points/under-way.ts'
import type { ObjectStore } from '../store/object-store.ts'
import type { Time } from './due.ts'
import { dueOf } from './due.ts'
import { SteadyClock } from './steady-clock.ts'

export type PurgedDue = {
  purged: string[]
  bytes: number
  /** Due, but left for the next time: too many at once, or read by a run now. */
  left: number
  /** Past their end by this machine's clock, which nobody else confirms. */
  inDoubt: number
}

/** Most points purged in one go on one server. */
export const purgesAtOnce = 1000
/** Points purged at the same time. */
const width = 3

/**
 * Removes for good what has been in a server's trash for its whole grace period, and finishes purges that died.
 * @param seen what a whole listing of the server has shown just now; asked for when absent
 */
export async function purgeDue(
  places: PointPlaces,
  server: string,
  options: { signal?: AbortSignal | undefined; by: string; seen?: Seen },
): Promise<PurgedDue> {
  const { signal, by } = options
  const seen = options.seen ?? (await seeServer(places, server, { signal }))
  const time = await timeOn(places, server, seen.newest)
  const result: PurgedDue = { purged: [], bytes: 0, left: 0, inDoubt: 0 }
  const due: { found: FoundPoint; marker: RemovedMarker | null }[] = []
  for (const found of seen.points.values()) {
    if (!found.removed || found.kept || !isOurs(found)) continue
    const marker = seen.markers.get(found.point) ?? null
    const state = stateOf(found, marker, time)
    if (state === 'due') due.push({ found, marker })
    else if (state === 'clock in doubt') result.inDoubt++
  }
  if (due.length === 0) return result
  const used = await pointsInUse(places.runs, server)
  due.sort((a, b) => (a.found.stamp < b.found.stamp ? -1 : 1))
  const queue = due.filter(({ found }) => !used.has(found.point)).slice(0, purgesAtOnce)
  result.left = due.length - queue.length
  const store = await places.servers.open(server)
  const work = async () => {
    for (let next = queue.shift(); next; next = queue.shift()) {
      signal?.throwIfAborted()
      if (!(await isStillDue(store, next.found, next.marker, signal))) continue
      const { bytes } = await purgeFound(places, server, store, next.found, { ...next, by, signal })
      result.purged.push(next.found.point)
      result.bytes += bytes
    }
  }
  const failed = (await Promise.allSettled(Array.from({ length: width }, work))).find(
    one => one.status === 'rejected',
  )
  await places.verified.forget(server, result.purged)
  if (failed) throw failed.reason
  return result
}

function stateOf(found: FoundPoint, marker: RemovedMarker | null, time: Time): ReturnType<typeof dueOf> {
  // Somebody decided it before and died on the way.
  if (marker?.purging) return 'due'
  // Only the marker is left, whatever it says: nothing is lost with it.
  if (!found.manifest && !found.intent && found.objects.size === 0) return 'due'
  if (marker === null) return 'not yet'
  return dueOf(marker, found.removed?.modified ?? null, time)
}

/** Somebody may have put it back, or protected it, since the listing. */
async function isStillDue(
  store: ObjectStore,
  found: FoundPoint,
  marker: RemovedMarker | null,
  signal: AbortSignal | undefined,
): Promise<boolean> {
  const { name, stamp, removed } = found
  if (!removed || (await store.stat(keptName(name, stamp), { signal }))) return false
  const there = await store.stat(removed.name, { signal })
  if (!there) return false
  if (marker === null) return true
  const now = await readRemoved(store, there, signal)
  return now !== null && now.until === marker.until && now.removed === marker.removed
}

async function timeOn(places: PointPlaces, server: string, newest: number | null): Promise<Time> {
  const { type } = await places.servers.get(server)
  const now = places.clock.now()
  const steady = await new SteadyClock(places.home).isSteady(now).catch((err: unknown) => {
    if (!(err instanceof EngineError) && !(err instanceof Error)) throw err
    return false // What was seen cannot be kept: then it cannot be trusted either.
  })
  // A disk of this machine has its times from the clock that is in doubt.
  return { now, steady, server: type === 'local' ? null : newest }
}
