import type { Manifest } from '../archive/manifest.ts'
import { volumesOf } from '../archive/manifest.ts'
import { parseName, pointId, removedName, timeOf } from '../archive/names.ts'
import { EngineError } from '../engine-error.ts'
import type { Servers } from '../servers.ts'
import { readManifest } from './list-points.ts'
import { NamedElsewhere } from './named-elsewhere.ts'
import type { OpenedPoint } from './point.ts'
import { findVendorFiles, vendorName, vendorPoint } from './vendor-point.ts'

type Wanted = { plan: string; stamp: string }
/** A manifest on a server, and the sizes of all that lies there under the plan's name. */
type Held = { server: string; stamp: string; sizes: ReadonlyMap<string, number>; inTrash: boolean }

/**
 * Opens a point on the server asked for, or on the first added that holds it complete; one that no server holds
 * complete is opened as it is, so that it can be told what is missing. `latest` is the newest that any server that
 * answers holds complete. What is in a server's trash is opened only by its stamp, and when no other server has it.
 */
export async function openPoint(
  servers: Servers,
  { plan, stamp }: Wanted,
  { server, signal }: { server?: string; signal?: AbortSignal },
): Promise<OpenedPoint> {
  const subject = pointId(plan, stamp)
  const names = server
    ? [(await servers.get(server)).name]
    : (await servers.list()).records.map(record => record.name)
  if (names.length === 0)
    throw new EngineError('input.invalid', 'points.open', { subject, detail: 'no server has been added yet' })
  const { held: all, failure: unheard } = await whoHolds(servers, names, { plan, stamp }, signal)
  const held = stamp === 'latest' ? all.filter(({ inTrash }) => !inTrash) : all
  let failure = unheard
  let incomplete: OpenedPoint | null = null
  const newest = pointId(plan, held[0]?.stamp ?? stamp)
  for (const { server: holder, stamp: found, sizes, inTrash } of held) {
    try {
      const store = await servers.open(holder)
      const manifest = await readManifest(store, plan, found, signal)
      const point: OpenedPoint = {
        point: pointId(plan, found),
        server: holder,
        manifest,
        ...(inTrash ? { inTrash } : {}),
      }
      if (await isWhole(manifest, sizes, new NamedElsewhere(store, null, signal)))
        return newest !== point.point ? { ...point, passedOver: newest } : point
      incomplete ??= point
    } catch (err) {
      signal?.throwIfAborted()
      failure = err
    }
  }
  if (incomplete && stamp !== 'latest') return incomplete
  const made = plan === vendorName ? await openVendor(servers, names, stamp, signal) : null
  if (made) return made
  if (failure !== undefined) throw failure as Error
  const where = server ? `not on ${server}` : `on none of ${names.length} servers`
  const trashed = all.find(({ inTrash }) => inTrash)
  const detail = incomplete
    ? `none is complete; the newest that is not: ${incomplete.point}`
    : trashed
      ? `only in the trash: ${pointId(plan, trashed.stamp)} on ${trashed.server}`
      : where
  throw new EngineError('data.missing', 'points.open', { subject, detail })
}

/** Newest first; among equals those outside the trash, then the server that was added first. */
async function whoHolds(servers: Servers, names: string[], wanted: Wanted, signal: AbortSignal | undefined) {
  const { plan, stamp } = wanted
  const held: Held[] = []
  let failure: unknown
  for (const server of names) {
    const sizes = new Map<string, number>()
    try {
      const store = await servers.open(server)
      for await (const { name, size } of store.list(`${plan}_`, { signal })) {
        sizes.set(name, size)
        const known = parseName(name)
        if (known?.kind !== 'manifest' || known.plan !== plan) continue
        if (stamp === 'latest' || known.stamp === stamp)
          held.push({ server, stamp: known.stamp, sizes, inTrash: false })
      }
    } catch (err) {
      signal?.throwIfAborted()
      failure ??= err
    }
  }
  // Only now is every listing whole, and every marker seen.
  for (const one of held) one.inTrash = one.sizes.has(removedName(plan, one.stamp))
  held.sort((a, b) =>
    a.stamp === b.stamp ? Number(a.inTrash) - Number(b.inTrash) : a.stamp < b.stamp ? 1 : -1,
  )
  return { held, failure }
}

async function isWhole(
  { files }: Manifest,
  sizes: ReadonlyMap<string, number>,
  elsewhere: NamedElsewhere,
): Promise<boolean> {
  for (const file of files)
    for (const { name, size } of [...volumesOf(file), file.entries])
      if ((sizes.get(name) ?? (await elsewhere.sizeOf(name))) !== size) return false
  return true
}

/** A vendor's files, from the newest of the servers that hold them; among equals from the first added. */
async function openVendor(
  servers: Servers,
  names: string[],
  stamp: string,
  signal: AbortSignal | undefined,
): Promise<OpenedPoint | null> {
  let best: OpenedPoint | null = null
  for (const server of names) {
    try {
      const found = await findVendorFiles(await servers.open(server), stamp, signal)
      if (found && (!best || timeOf(found.stamp) > timeOf(best.manifest.stamp)))
        best = vendorPoint(server, found.stamp, found.files)
    } catch {
      signal?.throwIfAborted() // A server that cannot be asked has been noted when it was asked for manifests.
    }
  }
  return best
}
