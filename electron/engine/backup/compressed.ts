import type { Compression } from '../archive/compress.ts'
import type { SourceBlock } from '../source/source.ts'
import { Compressor } from './compressor.ts'

export type CompressedBlock = {
  block: SourceBlock
  stored: Uint8Array
  /** Gives the memory of `stored` back; nobody may read it afterwards. */
  giveBack: () => void
}

/** Compresses blocks in parallel and hands them on in order. What it lends out must come back one by one. */
export async function* compressed(
  blocks: AsyncIterable<SourceBlock>,
  how: Compression,
  level: number,
): AsyncGenerator<CompressedBlock> {
  if (how === 'none') {
    for await (const block of blocks) yield { block, stored: block.bytes, giveBack: () => block.release() }
    return
  }
  const compressor = new Compressor(how, level)
  const queue: Promise<CompressedBlock>[] = []
  try {
    for await (const block of blocks) {
      const task = compressor.compress(block.bytes).then(({ bytes, giveBack }) => {
        // The source can read on at once.
        block.release()
        return { block, stored: bytes, giveBack }
      })
      task.catch(() => {}) // Its failure is met when its turn comes.
      queue.push(task)
      if (queue.length >= compressor.width) yield await queue.shift()!
    }
    while (queue.length > 0) yield await queue.shift()!
  } finally {
    // The threads still read the source's memory: nobody may free or lend it before that is over.
    await compressor.stop()
    await Promise.race([Promise.allSettled(queue), Promise.resolve()])
  }
}
