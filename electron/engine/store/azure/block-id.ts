/**
 * Names of uncommitted blocks. All of one blob have the same length, as the service demands, and say:
 * - `upload`: which upload they belong to, so that blocks of another one for the same name are never taken;
 * - `generation` and `from`: a rewind begins a new generation at part `from`. Blocks of older generations at or
 *   past it are forgotten, although the server keeps them until the commit;
 * - `index`: which part.
 */
export type BlockId = { upload: string; generation: number; from: number; index: number }

export const maxBlocks = 50_000
const maxGeneration = 9_999

export function formatBlockId({ upload, generation, from, index }: BlockId): string {
  const digits = (n: number, width: number) => String(n).padStart(width, '0')
  return Buffer.from(`${upload}-${digits(generation, 4)}-${digits(from, 5)}-${digits(index, 5)}`).toString(
    'base64',
  )
}

/** Null for a block that is none of ours. */
export function parseBlockId(id: string): BlockId | null {
  const match = /^([0-9a-f]{16})-(\d{4})-(\d{5})-(\d{5})$/.exec(Buffer.from(id, 'base64').toString('latin1'))
  if (!match) return null
  const [, upload = '', generation, from, index] = match
  return { upload, generation: Number(generation), from: Number(from), index: Number(index) }
}

export type Block = { id: BlockId; size: number }

/** The blocks that count, by part: of each part the one of its newest generation, unless a rewind forgot it. */
export function standingBlocks(blocks: readonly Block[]): { parts: Map<number, Block>; generation: number } {
  const parts = new Map<number, Block>()
  let generation = -1
  const byAge = blocks.toSorted((a, b) => a.id.generation - b.id.generation)
  for (const block of byAge) {
    if (block.id.generation > generation) {
      generation = block.id.generation
      for (const index of [...parts.keys()]) if (index >= block.id.from) parts.delete(index)
    }
    parts.set(block.id.index, block)
  }
  return { parts, generation: Math.max(0, generation) }
}

export function nextGeneration(generation: number): number {
  if (generation >= maxGeneration) throw new RangeError('an upload can be rewound 9999 times')
  return generation + 1
}
