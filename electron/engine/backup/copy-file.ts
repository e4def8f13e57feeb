import { PartRooms, fetchPart } from '../archive/fetch-part.ts'
import type { ObjectStore } from '../store/object-store.ts'
import type { Destination } from './destination.ts'
import type { Place } from './layout.ts'

/** A part, where it lies on the source and where it goes; without `to` it goes to the same place. */
export type PlacedPart = { size: number; sha256: string; place: Place; to?: Place }

/**
 * Brings a file from one server to another, part by part, each proven before it is passed on. Goes on where the
 * destination stands.
 */
export async function copyFile(
  from: ObjectStore,
  to: Destination,
  parts: readonly PlacedPart[],
  options: { signal: AbortSignal; checkpoint: () => Promise<void>; onPart?: (bytes: number) => void },
): Promise<void> {
  const held = await to.takeUp(parts.map(part => ({ place: part.to ?? part.place, size: part.size })))
  const waiting = new Set<Promise<void>>()
  const rooms = new PartRooms()
  for (const [index, part] of parts.entries()) {
    if (index < held) continue
    await options.checkpoint()
    const bytes = await fetchPart(
      from,
      { ...part, name: part.place.name, offset: part.place.offset },
      options.signal,
      rooms.take(part.size),
    )
    const sent = to.offer({ index, bytes }, part.to ?? part.place).then(() => {
      options.onPart?.(part.size)
      rooms.give(bytes)
      waiting.delete(sent)
    })
    waiting.add(sent)
    if (waiting.size >= 2) await Promise.race(waiting)
    if (to.state !== 'active') break
  }
  await Promise.all(waiting)
  await to.finish()
  if (to.failure) throw to.failure
}
