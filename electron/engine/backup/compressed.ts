import type { Compression } from '../archive/compress.ts'
import { compressBlock } from '../archive/compress.ts'
import type { SourceBlock } from '../source/source.ts'

/** Blocks under compression at once: as many as cores are worth it, and one result that waits its turn. */
const width = 3

export type CompressedBlock = {
  block: SourceBlock
  /** In pieces; `size` is their sum. */ stored: Uint8Array[]
  size: number
}

/** Compresses blocks in parallel, hands them on in order. Memory: `width` blocks and their results. */
export async function* compressed(
  blocks: AsyncIterable<SourceBlock>,
  how: Compression,
  level: number,
): AsyncGenerator<CompressedBlock> {
  const queue: Promise<CompressedBlock>[] = []
  try {
    for await (const block of blocks) {
      const task = compressBlock(block.bytes, how, level).then(stored => {
        // The source can read on at once; uncompressed, the block itself is what is stored.
        if (how !== 'none') block.release()
        return { block, stored, size: stored.reduce((sum, piece) => sum + piece.length, 0) }
      })
      task.catch(() => {}) // Its failure is met when its turn comes.
      queue.push(task)
      if (queue.length >= width) yield await queue.shift()!
    }
    while (queue.length > 0) yield await queue.shift()!
  } finally {
    // The pool still reads the source's memory: nobody may free or lend it before that is over.
    await Promise.allSettled(queue)
  }
}
