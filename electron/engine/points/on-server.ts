import type { PointOnServer } from '../../../shared/contract/point.ts'
import type { Clock, Log } from '../ports.ts'
import type { RunRegistry } from '../run/index.ts'
import type { Servers } from '../servers.ts'
import type { Seen, SeenPoint } from './list-points.ts'
import { withAdoptions } from './adopted-points.ts'
import { pointsOn } from './list-points.ts'
import { SummaryCache } from './summary-cache.ts'
import type { Verified, VerifiedBook } from './verified-book.ts'

/** What the functions of this room work on: an engine's own parts. */
export type PointPlaces = {
  servers: Servers
  verified: VerifiedBook
  runs: RunRegistry
  home: string
  clock: Clock
  version: string
  log: Log
}

export type ServerListing = {
  /** Newest first, those in the trash too. */
  points: PointOnServer[]
  /** Incomplete ones that are not among them, because nobody asked for `all`. */
  hidden: number
  /** When the server answered, ISO 8601 UTC. */
  asked: string
}

/**
 * All points on one server. @throws EngineError when it cannot be asked
 * @param options.all incomplete ones too
 */
export async function listOnServer(
  places: Pick<PointPlaces, 'servers' | 'verified' | 'home' | 'clock'>,
  server: string,
  options: { all?: boolean; name?: string; signal?: AbortSignal | undefined } = {},
): Promise<ServerListing> {
  const { seen } = await seeServer(places, server, options)
  const told = await withAdoptions(places, server, seen)
  const verified = await places.verified.read()
  const shown = told.filter(({ state }) => options.all === true || state !== 'incomplete')
  return {
    points: shown.map(point => onServer(point, server, verified)).sort(newestFirst),
    hidden: seen.length - shown.length,
    asked: new Date(places.clock.now()).toISOString(),
  }
}

export async function seeServer(
  places: Pick<PointPlaces, 'servers' | 'home'>,
  server: string,
  { name, signal }: { name?: string; signal?: AbortSignal | undefined },
): Promise<Seen> {
  await places.servers.get(server)
  const store = await places.servers.open(server)
  return await pointsOn(store, await SummaryCache.open(places.home, server), { name }, signal)
}

export const onServer = (point: SeenPoint, server: string, verified: Verified): PointOnServer => ({
  ...point,
  server,
  verified: verified(server, point.point),
  damaged: verified.damaged(server, point.point),
})

export const newestFirst = (
  a: { stamp: string; name: string },
  b: { stamp: string; name: string },
): number => (a.stamp < b.stamp ? 1 : a.stamp > b.stamp ? -1 : a.name < b.name ? -1 : 1)
