import { hash } from 'node:crypto'
import { EngineError } from '../engine-error.ts'
import type { ObjectStore } from '../store/object-store.ts'
import type { BackupFile } from './manifest.ts'
import { volumesOf } from './manifest.ts'

/** A part of a backup file and where it lies on a server. */
export type PartPlace = {
  index: number
  name: string
  offset: number
  size: number
  sha256: string
  start: number
}

/** The places of all parts. `start` is the offset in the joined file. */
export function partPlaces(file: BackupFile): PartPlace[] {
  const places: PartPlace[] = []
  let start = 0
  let index = 0
  for (const volume of volumesOf(file)) {
    let offset = 0
    for (const { size, sha256 } of file.parts.slice(index, index + volume.parts)) {
      places.push({ index: index++, name: volume.name, offset, size, sha256, start })
      offset += size
      start += size
    }
  }
  return places
}

/** How often a part whose hash is wrong is read in all: the first wrong answer may be the network's fault. */
const tries = 2

/**
 * Reads one part and compares its hash.
 * @throws EngineError `data.damaged` when it is wrong again, `data.missing` when the object is gone or too short
 */
export async function fetchPart(
  store: ObjectStore,
  part: Omit<PartPlace, 'index' | 'start'>,
  signal: AbortSignal,
): Promise<Buffer> {
  for (let attempt = 1; ; attempt++) {
    const bytes = Buffer.allocUnsafeSlow(part.size)
    let at = 0
    try {
      for await (const piece of store.read(
        part.name,
        { offset: part.offset, length: part.size },
        { signal },
      )) {
        bytes.set(piece.subarray(0, part.size - at), at)
        at += piece.length
      }
    } catch (err) {
      if (err instanceof EngineError && err.code === 'remote.not-found')
        throw new EngineError('data.missing', 'archive.read', {
          subject: part.name,
          detail: 'the backup file is gone from the server',
          cause: err,
        })
      throw err
    }
    if (at === part.size && hash('sha256', bytes, 'hex') === part.sha256) return bytes
    if (attempt === tries)
      throw new EngineError('data.damaged', 'archive.read', {
        subject: part.name,
        detail: `bytes ${part.offset} to ${part.offset + part.size} are not what the manifest promises`,
      })
  }
}
