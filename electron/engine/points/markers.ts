import { z } from 'zod'
import { EngineError } from '../engine-error.ts'
import type { ObjectInfo, ObjectStore } from '../store/object-store.ts'

/**
 * Small objects beside a point's files that say that it is in the trash, or protected. Their names alone tell the
 * state, so that a listing needs no content; what they hold says since when, until when and by whom.
 */
const utc = z.iso.datetime()
const who = z.string().max(300)

export const removedMarker = z.object({
  drydockRemoved: z.literal(1),
  removed: utc,
  /** From then on it may be purged. */
  until: utc,
  /** `user@host`, or `retention of <plan>`. */
  by: who,
  tool: who,
  /** A purge has begun: it is not to be put back, and the next one finishes it. */
  purging: utc.optional(),
})
export type RemovedMarker = z.infer<typeof removedMarker>

export const keptMarker = z.object({ drydockKept: z.literal(1), kept: utc, by: who, tool: who })
export type KeptMarker = z.infer<typeof keptMarker>

/** A marker larger than this is none. */
export const maxMarkerBytes = 16 * 1024

export const encodeMarker = (marker: RemovedMarker | KeptMarker): Uint8Array =>
  Buffer.from(`${JSON.stringify(marker, null, 1)}\n`)

/** @returns null for one that cannot be understood: its name still counts, but nothing is ever purged because of it */
export function decodeRemoved(text: Uint8Array): RemovedMarker | null {
  try {
    return removedMarker.parse(JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(text)))
  } catch {
    return null
  }
}

/** What a marker says; null when it cannot be understood, or is gone by now. */
export async function readRemoved(
  store: ObjectStore,
  { name, size }: Pick<ObjectInfo, 'name' | 'size'>,
  signal: AbortSignal | undefined,
): Promise<RemovedMarker | null> {
  if (size > maxMarkerBytes) return null
  const pieces: Uint8Array[] = []
  let read = 0
  try {
    for await (const piece of store.read(name, { offset: 0 }, { signal })) {
      read += piece.length
      if (read > maxMarkerBytes) return null
      pieces.push(piece)
    }
  } catch (err) {
    if (err instanceof EngineError && (err.code === 'remote.not-found' || err.code === 'data.missing'))
      return null
    throw err
  }
  return decodeRemoved(Buffer.concat(pieces))
}

/** Whole seconds, as the names and most servers count. */
export const utcSeconds = (ms: number): string => new Date(Math.floor(ms / 1000) * 1000).toISOString()
