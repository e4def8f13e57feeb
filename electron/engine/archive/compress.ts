import { promisify } from 'node:util'
import { constants, gunzip, gzipSync, zstdCompressSync, zstdDecompress } from 'node:zlib'
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

/** Least room in which any block's result finds a place, whatever it holds. */
export const worstCaseBytes = blockBytes + (blockBytes >> 7) + 64 * 1024

/**
 * Compresses one block, holding its thread: to be called in a worker.
 * @returns a buffer of its own, to be given back with `release`
 */
export function compressBlock(
  block: Uint8Array,
  how: Exclude<Compression, 'none'>,
  level: number,
): Uint8Array {
  // Room for the worst case in one piece: only then, and with all input at hand, zstd compresses straight from block to
  // result, a third faster than through its own buffers. What stays empty of it costs address space, not memory.
  const chunkSize = worstCaseBytes
  if (how === 'gzip') return gzipSync(block, { level, chunkSize })
  const params = {
    [constants.ZSTD_c_compressionLevel]: level,
    [constants.ZSTD_c_checksumFlag]: 1,
    ...(level === defaultLevel.zstd ? fitted : {}),
  }
  return zstdCompressSync(block, { chunkSize, params })
}

/** A block needs no window larger than itself; a frame that demands one would take memory for nothing. */
const windowLog = Math.log2(blockBytes)

/**
 * Level 3 for blocks of ours: tables of half the size stay in a core's cache, and a window as large as the block makes up
 * for what they miss: about a tenth less time, and the result stays below that of `zstd -3`.
 */
const fitted = {
  [constants.ZSTD_c_windowLog]: windowLog,
  [constants.ZSTD_c_hashLog]: 16,
  [constants.ZSTD_c_chainLog]: 15,
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
    return await (how === 'gzip'
      ? inflateGzip(stored, limits)
      : inflateZstd(stored, { ...limits, params: { [constants.ZSTD_d_windowLogMax]: windowLog } }))
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
