import { toFailure } from '../engine-error.ts'
import type { Failure } from '../../../shared/failure.ts'
import type { Servers } from '../servers.ts'
import { withAdoptions } from './adopted-points.ts'
import { pointsOn } from './list-points.ts'
import type { PointInfo } from './point.ts'
import { SummaryCache } from './summary-cache.ts'
import type { VerifiedBook } from './verified-book.ts'

type Places = { servers: Servers; verified: VerifiedBook; home: string }

/**
 * The points on one server or on all, newest first, the same point on several servers as one. What is in a server's
 * trash counts there only when `trash` asks for it, and then nothing else does.
 */
export async function listPoints(
  { servers, verified, home }: Places,
  filter: { server?: string; name?: string; all?: boolean; trash?: boolean },
  signal: AbortSignal | undefined,
): Promise<{ points: PointInfo[]; failed: { server: string; failure: Failure }[]; hidden: number }> {
  const names = filter.server
    ? [(await servers.get(filter.server)).name]
    : (await servers.list()).records.map(record => record.name)
  const verifiedAt = await verified.read()
  const failed: { server: string; failure: Failure }[] = []
  const seen = await Promise.all(
    names.map(async server => {
      try {
        const store = await servers.open(server)
        const cache = await SummaryCache.open(home, server)
        const { seen } = await pointsOn(store, cache, { name: filter.name }, signal)
        const told = await withAdoptions({ servers, home }, server, seen)
        return { server, points: told.filter(({ trash }) => (trash !== null) === (filter.trash === true)) }
      } catch (err) {
        signal?.throwIfAborted()
        failed.push({ server, failure: toFailure(err, 'points.list') })
        return { server, points: [] }
      }
    }),
  )
  const merged = new Map<string, PointInfo>()
  const hidden = new Set<string>()
  /** Servers that hold a point incomplete which another holds complete: named last. */
  const behind = new Map<string, string[]>()
  for (const { server, points } of seen) {
    for (const point of points) {
      if (point.state === 'incomplete' && !filter.all && !filter.trash) {
        hidden.add(point.point)
        continue
      }
      const time = verifiedAt(server, point.point)
      const known = merged.get(point.point)
      if (!known) merged.set(point.point, { ...point, servers: [server], verified: time })
      else {
        const better = known.state === 'incomplete' && point.state !== 'incomplete'
        const worse = known.state !== 'incomplete' && point.state === 'incomplete'
        if (worse) behind.set(point.point, [...(behind.get(point.point) ?? []), server])
        const holders = better ? [server] : worse ? known.servers : [...known.servers, server]
        if (better) behind.set(point.point, known.servers)
        merged.set(point.point, {
          ...(better ? { ...known, ...point } : known),
          servers: holders,
          verified: better ? time : worse ? known.verified : earliest(known.verified, time),
          trash:
            known.trash && point.trash && known.trash.until < point.trash.until ? known.trash : point.trash,
          kept: known.kept || point.kept,
        })
      }
    }
  }
  const all = [...merged.values()].map(point => ({
    ...point,
    servers: [...point.servers, ...(behind.get(point.point) ?? [])],
  }))
  const points = all.sort((a, b) =>
    a.stamp < b.stamp ? 1 : a.stamp > b.stamp ? -1 : a.name < b.name ? -1 : 1,
  )
  for (const { point } of points) hidden.delete(point)
  return { points, failed, hidden: hidden.size }
}

/** A point that lies on several servers is verified when each of its copies is: the earliest time counts. */
const earliest = (a: string | null, b: string | null): string | null =>
  a === null || b === null ? null : a < b ? a : b
