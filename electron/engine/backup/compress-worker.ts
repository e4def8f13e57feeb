import { parentPort } from 'node:worker_threads'
import type { Compression } from '../archive/compress.ts'
import { compressBlock, release } from '../archive/compress.ts'

/** One block to compress: both buffers are shared memory, so that nothing is copied between the threads. */
export type CompressJob = {
  id: number
  block: Uint8Array
  into: SharedArrayBuffer
  how: Exclude<Compression, 'none'>
  level: number
}
export type CompressReply = { id: number; size: number } | { id: number; error: string }

/**
 * Compresses blocks in a thread with a heap of its own. The runtime makes a buffer of 8 MiB for every result; made in
 * the engine's thread, each would have V8 look through the whole heap for garbage.
 */
const port = parentPort!
port.on('message', ({ id, block, into, how, level }: CompressJob) => {
  try {
    const stored = compressBlock(block, how, level)
    new Uint8Array(into).set(stored)
    const size = stored.length
    release(stored)
    port.postMessage({ id, size } satisfies CompressReply)
  } catch (err) {
    port.postMessage({ id, error: String(err) } satisfies CompressReply)
  }
})
