import { parseName, pointId } from '../archive/names.ts'
import { EngineError, toFailure } from '../engine-error.ts'
import type { Failure } from '../../../shared/failure.ts'
import type { Servers } from '../servers.ts'
import { pointsOn, readManifest, vendorName } from './list-points.ts'
import type { OpenedPoint, PointInfo } from './point.ts'
import { SummaryCache } from './summary-cache.ts'
import type { VerifiedBook } from './verified-book.ts'

type Places = { servers: Servers; verified: VerifiedBook; home: string }

/** The points on one server or on all, newest first, the same point on several servers as one. */
export async function listPoints(
  { servers, verified, home }: Places,
  filter: { server?: string; name?: string; all?: boolean },
  signal: AbortSignal | undefined,
): Promise<{ points: PointInfo[]; failed: { server: string; failure: Failure }[] }> {
  const names = filter.server
    ? [(await servers.get(filter.server)).name]
    : (await servers.list()).records.map(record => record.name)
  const verifiedAt = await verified.read()
  const failed: { server: string; failure: Failure }[] = []
  const seen = await Promise.all(
    names.map(async server => {
      try {
        const store = await servers.open(server)
        return {
          server,
          points: await pointsOn(store, await SummaryCache.open(home, server), { name: filter.name }, signal),
        }
      } catch (err) {
        signal?.throwIfAborted()
        failed.push({ server, failure: toFailure(err, 'points.list') })
        return { server, points: [] }
      }
    }),
  )
  const merged = new Map<string, PointInfo>()
  for (const { server, points } of seen) {
    for (const point of points) {
      if (point.state === 'incomplete' && !filter.all) continue
      const time = verifiedAt(server, point.point)
      const known = merged.get(point.point)
      if (!known) merged.set(point.point, { ...point, servers: [server], verified: time })
      else {
        const better = known.state === 'incomplete' && point.state !== 'incomplete'
        const holders = better ? [server, ...known.servers] : [...known.servers, server]
        merged.set(point.point, {
          ...(better ? { ...known, ...point } : known),
          servers: holders,
          verified: latest(known.verified, time),
        })
      }
    }
  }
  const points = [...merged.values()].sort((a, b) =>
    a.stamp < b.stamp ? 1 : a.stamp > b.stamp ? -1 : a.name < b.name ? -1 : 1,
  )
  return { points, failed }
}

const latest = (a: string | null, b: string | null): string | null =>
  a === null || (b !== null && b > a) ? b : a

/**
 * Opens a point on the server asked for, or on the first added that holds it complete. `latest` is the newest that any
 * server holds complete.
 */
export async function openPoint(
  servers: Servers,
  { plan, stamp }: { plan: string; stamp: string },
  { server, signal }: { server?: string; signal?: AbortSignal },
): Promise<OpenedPoint> {
  if (plan === vendorName)
    throw new EngineError('data.missing', 'points.open', {
      subject: pointId(plan, stamp),
      detail: 'a vendor’s own tool made these files: there is no manifest to read',
    })
  const names = server
    ? [(await servers.get(server)).name]
    : (await servers.list()).records.map(record => record.name)
  if (names.length === 0)
    throw new EngineError('input.invalid', 'points.open', {
      subject: pointId(plan, stamp),
      detail: 'no server has been added yet',
    })
  let failure: unknown
  const held: { server: string; stamp: string }[] = []
  for (const name of names) {
    try {
      const store = await servers.open(name)
      for await (const object of store.list(`${plan}_`, { signal })) {
        const known = parseName(object.name)
        if (
          known?.kind === 'manifest' &&
          known.plan === plan &&
          (stamp === 'latest' || known.stamp === stamp)
        )
          held.push({ server: name, stamp: known.stamp })
      }
    } catch (err) {
      signal?.throwIfAborted()
      failure ??= err
    }
  }
  // Newest first; among equals the server that was added first.
  held.sort((a, b) => (a.stamp < b.stamp ? 1 : a.stamp > b.stamp ? -1 : 0))
  for (const candidate of held) {
    try {
      const manifest = await readManifest(await servers.open(candidate.server), plan, candidate.stamp, signal)
      return { point: pointId(plan, candidate.stamp), server: candidate.server, manifest }
    } catch (err) {
      signal?.throwIfAborted()
      failure = err
    }
  }
  if (failure) throw failure as Error
  throw new EngineError('data.missing', 'points.open', {
    subject: pointId(plan, stamp),
    detail: server ? `not on ${server}` : `on none of ${names.length} servers`,
  })
}
