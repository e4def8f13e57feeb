import type { Failure } from '../../../shared/failure.ts'
import type { PlanSettings } from '../../../shared/plan.ts'
import { timeOf } from '../archive/names.ts'
import { EngineError, toFailure } from '../engine-error.ts'
import { isOurs } from '../points/found-points.ts'
import { utcSeconds } from '../points/markers.ts'
import type { PointPlaces } from '../points/on-server.ts'
import { seeServer } from '../points/on-server.ts'
import { noteRemoval } from '../points/removal-log.ts'
import { dayMs, putRemoved, usualTrashDays } from '../points/trash.ts'
import type { Candidate } from './choose-kept.ts'
import { chooseKept } from './choose-kept.ts'
import type { PurgedDue } from './purge-due.ts'
import { purgeDue } from './purge-due.ts'

/** What retention did on one server. */
export type RetentionDone = {
  server: string
  /** Moved to the trash now, oldest first. */
  removed: string[]
  /** How many of the plan stay. */
  kept: number
  /** To be removed, but left for the next time, because there are so many. */
  left: number
  purge: PurgedDue
  failure: Failure | null
}

/** Most points moved to the trash in one go on one server: a rule that somebody has mistyped does not empty it at once. */
export const removalsAtOnce = 1000
/** Markers written at once. */
const width = 4

export type RetentionOptions = {
  signal?: AbortSignal | undefined
  trashDays?: number
  /** Servers on which it is applied; all of the plan's when absent. Those where the run failed do not belong here. */
  servers?: readonly string[]
}

/**
 * Moves what a plan's rules no longer keep to the trash, on each of its servers, each for itself, and then removes for
 * good what has been in the trash there for long enough. To be called after a run that went well. A server that fails
 * is told and stops no other; nothing is thrown but a cancel.
 */
export async function applyRetention(
  places: PointPlaces,
  plan: Pick<PlanSettings, 'name' | 'servers' | 'keep' | 'zone'>,
  options: RetentionOptions = {},
): Promise<RetentionDone[]> {
  const servers = options.servers ?? plan.servers
  return await Promise.all(
    servers.map(async server => {
      const done: RetentionDone = {
        server,
        removed: [],
        kept: 0,
        left: 0,
        purge: { purged: [], bytes: 0, left: 0, inDoubt: 0 },
        failure: null,
      }
      try {
        await applyOn(places, server, plan, options, done)
      } catch (err) {
        options.signal?.throwIfAborted()
        done.failure = toFailure(err, 'retention')
        places.log('warn', 'retention failed', { server, plan: plan.name, code: done.failure.code })
      }
      return done
    }),
  )
}

async function applyOn(
  places: PointPlaces,
  server: string,
  plan: Pick<PlanSettings, 'name' | 'keep' | 'zone'>,
  { signal, trashDays = usualTrashDays }: RetentionOptions,
  done: RetentionDone,
): Promise<void> {
  const by = `retention of ${plan.name}`
  // The whole server: what was removed by hand is purged here too.
  const seen = await seeServer(places, server, { signal })
  const verified = await places.verified.read()
  const candidates: Candidate[] = seen.seen
    .filter(({ name, state, trash }) => name === plan.name && state !== 'no-manifest' && trash === null)
    .map(({ point, stamp, state, kept }) => ({
      point,
      time: timeOf(stamp),
      complete: state === 'complete',
      damaged: verified.damaged(server, point),
      verified: verified(server, point) !== null,
      protected: kept,
    }))
  const { keep, remove } = chooseKept(candidates, plan.keep, plan.zone)
  const store = await places.servers.open(server)
  const queue = remove.slice(0, removalsAtOnce)
  done.kept = keep.size
  done.left = remove.length - queue.length
  const now = places.clock.now()
  const until = utcSeconds(now + trashDays * dayMs)
  const removed = new Set<string>()
  const work = async () => {
    for (let point = queue.shift(); point !== undefined; point = queue.shift()) {
      signal?.throwIfAborted()
      const found = seen.points.get(point)
      if (!found || !isOurs(found)) continue
      try {
        await putRemoved(store, found, { now, until, by, tool: `drydock ${places.version}` }, signal)
        await noteRemoval(places.home, { at: utcSeconds(now), server, point, did: 'to the trash', by })
        removed.add(point)
      } catch (err) {
        // Protected by somebody since the listing.
        if (!(err instanceof EngineError && err.code === 'run.conflict')) throw err
      }
    }
  }
  const ended = await Promise.allSettled(Array.from({ length: width }, work))
  done.removed = remove.filter(point => removed.has(point))
  const failed = ended.find(one => one.status === 'rejected')
  if (failed) throw failed.reason
  done.purge = await purgeDue(places, server, { by, seen, signal })
}
