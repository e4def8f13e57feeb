import { keptName, parsePoint, pointId, removedName } from '../archive/names.ts'
import { EngineError } from '../engine-error.ts'
import type { ObjectStore } from '../store/object-store.ts'
import { vendorsOwn } from '../store/vendor-place.ts'
import type { FoundPoint } from './found-points.ts'
import { isOurs } from './found-points.ts'
import type { Seen, SeenPoint } from './list-points.ts'
import { encodeMarker, utcSeconds } from './markers.ts'
import type { PointPlaces } from './on-server.ts'
import { seeServer } from './on-server.ts'
import { noteRemoval } from './removal-log.ts'
import { refuseBeingWritten } from './under-way.ts'

export const dayMs = 24 * 3_600_000
/** How long a removed point stays restorable, days, unless somebody says otherwise. */
export const usualTrashDays = 60

export type Change = {
  /** `NAME@STAMP`: never `latest`, which may be another one by the time it is removed. */
  point: string
  server: string
  /** `user@host`, or what did it. */
  by: string
  signal?: AbortSignal | undefined
}

/** A point on a server, looked at just now. */
export type Looked = { store: ObjectStore; found: FoundPoint; state: SeenPoint; all: Seen }

/**
 * Moves a point into its server's trash: it is listed there, opened only by its stamp, and may be put back until the
 * grace period ends. Nothing of it changes. One that is in the trash already stays there as it is.
 * @param change.force also the last good one of its name on that server, and one that a lost run may be writing
 * @throws EngineError `run.conflict` for a protected one, one being written, and the last good one without `force`;
 *   `remote.unsupported` for files of a vendor's own tool; `data.missing` when it is not there
 */
export async function removePoint(
  places: PointPlaces,
  change: Change & { force?: boolean; trashDays?: number },
): Promise<{ until: string }> {
  const during = 'points.remove'
  const { point, server, by, signal, force = false, trashDays = usualTrashDays } = change
  const { store, found, state, all } = await look(places, change, during)
  if (state.trash) return { until: state.trash.until }
  refuseKept(state, during)
  await refuseBeingWritten(store, places.runs, found, { during, now: places.clock.now(), force, signal })
  if (!force && (await isLastGood(places, server, state, all.seen)))
    throw new EngineError('run.conflict', during, {
      subject: point,
      detail: `it is the last good restore point of ${state.name} on ${server}`,
    })
  const now = places.clock.now()
  const until = utcSeconds(now + trashDays * dayMs)
  await putRemoved(store, found, { now, until, by, tool: `drydock ${places.version}` }, signal)
  await noteRemoval(places.home, { at: utcSeconds(now), server, point, did: 'to the trash', by })
  return { until }
}

/** Writes the marker. @throws EngineError `run.conflict` when somebody protected the point meanwhile */
export async function putRemoved(
  store: ObjectStore,
  { name, stamp }: Pick<FoundPoint, 'name' | 'stamp'>,
  { now, until, by, tool }: { now: number; until: string; by: string; tool: string },
  signal: AbortSignal | undefined,
): Promise<void> {
  const marker = encodeMarker({ drydockRemoved: 1, removed: utcSeconds(now), until, by, tool })
  await store.put(removedName(name, stamp), marker, { signal })
  // The other order of the same two looks is in `keepPoint`: one of both sees the other.
  if (!(await store.stat(keptName(name, stamp), { signal }))) return
  await store.remove(removedName(name, stamp), { signal })
  throw new EngineError('run.conflict', 'points.remove', {
    subject: pointId(name, stamp),
    detail: 'it was protected meanwhile',
  })
}

/**
 * Takes a point out of the trash. One that is not in it stays as it is.
 * @throws EngineError `run.conflict` when it is already being removed for good; `data.missing` when it is not there
 */
export async function putBackPoint(places: PointPlaces, change: Change): Promise<void> {
  const during = 'points.putBack'
  const { point, server, by, signal } = change
  const { store, found, all } = await look(places, change, during)
  if (!found.removed) return
  if (all.markers.get(point)?.purging)
    throw new EngineError('run.conflict', during, { subject: point, detail: 'it is being removed for good' })
  await store.remove(found.removed.name, { signal })
  await noteRemoval(places.home, { at: utcSeconds(places.clock.now()), server, point, did: 'put back', by })
}

/**
 * Protects a point from retention and removal, or lifts that.
 * @throws EngineError `run.conflict` for one in the trash; `data.missing` when it is not there complete
 */
export async function keepPoint(places: PointPlaces, change: Change & { kept: boolean }): Promise<void> {
  const during = 'points.keep'
  const { point, server, by, signal, kept } = change
  const { store, found, state } = await look(places, change, during)
  const { name, stamp } = found
  if (kept && state.trash)
    throw new EngineError('run.conflict', during, {
      subject: point,
      detail: `it is in the trash of ${server}; put it back first`,
    })
  if (kept && state.state !== 'complete')
    throw new EngineError('data.missing', during, { subject: point, detail: 'it is not complete' })
  if (kept === state.kept) return
  const at = utcSeconds(places.clock.now())
  if (!kept) await store.remove(keptName(name, stamp), { signal })
  else {
    const marker = encodeMarker({ drydockKept: 1, kept: at, by, tool: `drydock ${places.version}` })
    await store.put(keptName(name, stamp), marker, { signal })
    if (await store.stat(removedName(name, stamp), { signal })) {
      await store.remove(keptName(name, stamp), { signal })
      throw new EngineError('run.conflict', during, {
        subject: point,
        detail: 'it was moved to the trash meanwhile',
      })
    }
  }
  await noteRemoval(places.home, { at, server, point, did: kept ? 'protected' : 'protection lifted', by })
}

/** @throws EngineError `input.invalid` for `latest`, `data.missing`, `remote.unsupported` for what is not ours */
export async function look(
  places: PointPlaces,
  { point, server, signal }: Pick<Change, 'point' | 'server' | 'signal'>,
  during: string,
): Promise<Looked> {
  const { plan: name, stamp } = parsePoint(point)
  if (stamp === 'latest')
    throw new EngineError('input.invalid', during, {
      subject: point,
      detail: 'which one must be said by its stamp: NAME@STAMP',
    })
  const all = await seeServer(places, server, { name, signal })
  const found = all.points.get(point)
  const state = all.seen.find(one => one.point === point)
  if (!found || !state)
    throw new EngineError('data.missing', during, { subject: point, detail: `it is not on ${server}` })
  if (state.state === 'no-manifest' || !isOurs(found))
    throw new EngineError('remote.unsupported', during, {
      subject: point,
      detail: 'files of a vendor’s own tool are never changed',
    })
  const store = await places.servers.open(server)
  const folder = (await store.vendorFolder?.({ signal })) ?? null
  if (folder !== null) throw vendorsOwn(server, folder, during)
  return { store, found, state, all }
}

export function refuseKept({ kept, point }: SeenPoint, during: string): void {
  if (!kept) return
  throw new EngineError('run.conflict', during, {
    subject: point,
    detail: 'it is protected; lift that first',
  })
}

async function isLastGood(
  places: PointPlaces,
  server: string,
  state: SeenPoint,
  seen: readonly SeenPoint[],
): Promise<boolean> {
  const verified = await places.verified.read()
  const isGood = (one: SeenPoint) =>
    one.state === 'complete' && one.trash === null && !verified.damaged(server, one.point)
  return isGood(state) && !seen.some(one => one !== state && one.name === state.name && isGood(one))
}
