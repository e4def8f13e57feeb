import { createHash } from 'node:crypto'
import { EngineError } from '../engine-error.ts'
import type { ObjectStore } from '../store/object-store.ts'
import { release } from './compress.ts'
import type { BackupFile } from './manifest.ts'
import { volumesOf } from './manifest.ts'
import { slabBytes as usualPartBytes } from './part-assembler.ts'

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
 * Reads one part and compares its hash, piece by piece as they come: a whole part at once would hold the event loop.
 * @param room memory of at least the part's size for it; not to be used again when this fails, as a call that
 *   hangs may still write to it
 * @param told hears how many bytes of it are there; fewer than before when it is read once more
 * @returns the part, in `room` if there is one
 * @throws EngineError `data.damaged` when it is wrong again, `data.missing` when the object is gone or too short
 */
export async function fetchPart(
  store: ObjectStore,
  part: Omit<PartPlace, 'index' | 'start'>,
  signal: AbortSignal,
  room?: Buffer,
  told: (got: number) => void = () => {},
): Promise<Buffer> {
  const { name, offset, size } = part
  const into = room?.subarray(0, size) ?? Buffer.allocUnsafeSlow(size)
  for (let attempt = 1; ; attempt++) {
    const hash = createHash('sha256')
    let got = 0
    try {
      for await (const piece of store.read(name, { offset, length: size }, { signal, into })) {
        const place = into.subarray(got, got + piece.length)
        got += piece.length
        if (got > size) break
        // What is handed on is what is hashed, whatever a store makes of `into`.
        if (piece.buffer !== into.buffer || piece.byteOffset !== place.byteOffset) place.set(piece)
        hash.update(place)
        told(got)
      }
    } catch (err) {
      if (err instanceof EngineError && err.code === 'remote.not-found')
        throw new EngineError('data.missing', 'archive.read', {
          subject: name,
          detail: 'the backup file is gone from the server',
          cause: err,
        })
      throw err
    }
    if (got === size && hash.digest('hex') === part.sha256) return into
    if (attempt === tries)
      throw new EngineError('data.damaged', 'archive.read', {
        subject: name,
        detail: `bytes ${offset} to ${offset + size} are not what the manifest promises`,
      })
  }
}

/** Memory for parts that is used again. Making new memory for each costs as much as receiving it. */
export class PartRooms {
  private readonly free: Buffer[] = []

  /** For a part of `size` bytes. */
  take(size: number): Buffer {
    const at = this.free.findIndex(room => room.length >= size)
    return at < 0 ? Buffer.allocUnsafeSlow(Math.max(size, usualPartBytes)) : this.free.splice(at, 1)[0]!
  }

  /** @param part as `fetchPart` answered it */
  give(part: Buffer): void {
    this.free.push(Buffer.from(part.buffer))
  }

  /** Gives the memory of all rooms that nobody uses back at once. */
  release(): void {
    for (const room of this.free.splice(0)) release(room)
  }
}
