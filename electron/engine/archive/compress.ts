import { promisify } from 'node:util'
import { constants, createGzip, createZstdCompress, gunzip, zstdDecompress } from 'node:zlib'
import { EngineError } from '../engine-error.ts'
import { MiB } from '../../../shared/units.ts'

/**
 * Blocks: 8 MiB of tar each, compressed on their own in the runtime's thread pool and joined. zstd frames and gzip
 * members may follow each other, so the stock tools read the whole, and any one block can be read alone.
 */
export const blockBytes = 8 * MiB

export type Compression = 'zstd' | 'gzip' | 'none'
export const extensionOf: Record<Compression, string> = { zstd: '.zst', gzip: '.gz', none: '' }

const inflateZstd = promisify(zstdDecompress)
const inflateGzip = promisify(gunzip)

/** Level used when nobody asked for one: zstd 3 is about what a link of 1 Gbit/s can take from two cores. */
export const defaultLevel = { zstd: 3, gzip: 6, none: 0 } as const

/** Output is collected in pieces of this size: smaller ones cost speed, larger ones memory that stays empty. */
const pieceBytes = MiB

/**
 * Compresses one block in the thread pool.
 * @returns the stored bytes in pieces, to be given back with `release`; with `none` it is `block` itself
 */
export async function compressBlock(block: Uint8Array, how: Compression, level: number): Promise<Uint8Array[]> {
  if (how === 'none') return [block]
  const pieces: Uint8Array[] = []
  const params = { [constants.ZSTD_c_compressionLevel]: level, [constants.ZSTD_c_checksumFlag]: 1 }
  const stream =
    how === 'gzip'
      ? createGzip({ level, chunkSize: pieceBytes })
      : createZstdCompress({ chunkSize: pieceBytes, pledgedSrcSize: block.length, params })
  stream.end(block)
  for await (const piece of stream as AsyncIterable<Uint8Array>) pieces.push(piece)
  return pieces
}

/** @throws EngineError `data.damaged` when it is no such block or holds more than `blockBytes` (a bomb). */
export async function decompressBlock(
  stored: Uint8Array,
  how: Compression,
  subject: string,
): Promise<Uint8Array> {
  if (how === 'none') return stored
  const limits = { maxOutputLength: blockBytes, chunkSize: blockBytes + 1024 }
  try {
    return await (how === 'gzip' ? inflateGzip(stored, limits) : inflateZstd(stored, limits))
  } catch (err) {
    throw new EngineError('data.damaged', 'archive.read', {
      subject,
      detail: 'a block does not decompress',
      cause: err,
    })
  }
}

/** Gives memory back at once instead of at the next collection: blocks are large and many. */
export function release(bytes: Uint8Array): void {
  const { buffer } = bytes
  // Node's pool for small buffers is shared and must never be detached; it is far smaller than this.
  if (buffer instanceof ArrayBuffer && buffer.byteLength > 128 * 1024 && !buffer.detached) buffer.transfer(0)
}
