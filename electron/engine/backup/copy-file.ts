import { hash } from 'node:crypto'
import { EngineError } from '../engine-error.ts'
import type { ObjectStore } from '../store/object-store.ts'
import type { Destination } from './destination.ts'
import type { Place } from './layout.ts'

export type PlacedPart = { size: number; sha256: string; place: Place }

/** Reads one part from a server and proves it. Tried twice: a wrong answer may be the network's fault. */
export async function fetchPart(store: ObjectStore, part: PlacedPart, signal: AbortSignal, gate?: (bytes: number) => Promise<void> | void): Promise<Buffer> {
  for (let attempt = 1; ; attempt++) {
    const bytes = Buffer.allocUnsafeSlow(part.size)
    let at = 0
    for await (const piece of store.read(part.place.name, { offset: part.place.offset, length: part.size }, { signal, gate })) {
      bytes.set(piece, at)
      at += piece.length
    }
    if (at === part.size && hash('sha256', bytes, 'hex') === part.sha256) return bytes
    if (attempt === 2)
      throw new EngineError('data.damaged', 'archive.read', {
        subject: part.place.name,
        detail: `bytes ${part.place.offset} to ${part.place.offset + part.size} are not what the manifest promises`,
      })
  }
}

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
  const held = await to.takeUp(parts)
  const waiting = new Set<Promise<void>>()
  for (const [index, part] of parts.entries()) {
    if (index < held) continue
    await options.checkpoint()
    const bytes = await fetchPart(from, part, options.signal)
    const sent = to.offer({ index, bytes }, part.place).then(() => {
      options.onPart?.(part.size)
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
