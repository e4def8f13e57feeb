import { constants, gunzipSync } from 'node:zlib'
import type { ObjectStore } from '../../../store/object-store.ts'
import type { ContentFlag } from './archive-check.ts'
import { headOf, isGzip, notGzip } from './archive-check.ts'
import type { DirectorFile } from './read-files.ts'
import { absent, readFile } from './read-files.ts'

/** Files up to this are read and unpacked whole; of larger ones, the head and the tail. */
export const wholeBytes = 64 * 1024 * 1024
const headBytes = 64 * 1024

/** `sha256` is null for a file of which only head and tail were read. */
export type Inspected = { sha256: string | null; flags: ContentFlag[] }

/**
 * Looks into a backup file, reading only.
 * @throws EngineError as `ObjectStore.read`; what is wrong with the file itself is a flag, its absence too
 */
export async function inspectFile(
  store: ObjectStore,
  file: DirectorFile,
  signal: AbortSignal,
): Promise<Inspected> {
  if (file.size === 0) return { sha256: null, flags: [{ code: 'empty', detail: 'has no bytes' }] }
  if (file.size <= wholeBytes) {
    const { sha256, flags } = await readFile(store, file, { signal })
    return { sha256, flags }
  }
  try {
    const flag =
      headFlag(file, await range(store, file.name, 0, headBytes, signal)) ??
      tailFlag(file, await range(store, file.name, file.size - headBytes, headBytes, signal))
    return { sha256: null, flags: flag ? [flag] : [] }
  } catch (err) {
    return { sha256: null, flags: [absent(err)] }
  }
}

function headFlag({ component, name }: DirectorFile, head: Buffer): ContentFlag | null {
  if (!isGzip(head)) return notGzip(head)
  let first: Buffer
  try {
    first = gunzipSync(head, { finishFlush: constants.Z_SYNC_FLUSH, maxOutputLength: 128 * 1024 * 1024 })
  } catch {
    return { code: 'unreadable-head', detail: 'cannot be unpacked from its beginning' }
  }
  return headOf(component, name, first.subarray(0, 512))
}

/** The last eight bytes of a gzip file: the CRC of what it holds, and its length modulo 2³². */
function tailFlag({ component }: DirectorFile, tail: Buffer): ContentFlag | null {
  if (tail.every(byte => byte === 0))
    return { code: 'half-uploaded', detail: 'ends with zeros: the room was made, the bytes never came' }
  // A tar is made of blocks of 512 bytes; a cut through the middle leaves other bytes at this place.
  if (component !== 'mongo' && tail.readUInt32LE(tail.length - 4) % 512 !== 0)
    return { code: 'half-uploaded', detail: 'does not end as a gzip of a tar does' }
  return null
}

async function range(
  store: ObjectStore,
  name: string,
  offset: number,
  length: number,
  signal: AbortSignal,
): Promise<Buffer> {
  const pieces: Uint8Array[] = []
  for await (const piece of store.read(name, { offset, length }, { signal })) pieces.push(piece)
  return Buffer.concat(pieces)
}
