import { z } from 'zod'
import { EngineError } from '../engine-error.ts'
import type { Cursor } from '../source/files/block-filler.ts'
import { Leftover } from './destination.ts'
import type { Place } from './layout.ts'

/** What a backup has made durable, line by line: enough for another process to go on. */
const count = z.int().min(0)
const cursor = z.union([
  z.object({ entry: z.string(), header: z.string().optional(), done: count, dataAt: count, ino: z.string() }),
  z.object({ trailer: count }),
])
const place = z.object({ volume: count, name: z.string(), index: count, offset: count })
const partLine = z.object({
  t: z.literal('part'),
  index: count,
  size: count,
  sha256: z.string(),
  place,
  /** The block the next part begins with, and where the source stands there; null for a source that cannot go on. */
  next: z.object({ block: count, cursor }).nullable(),
  /** What has been read and noted so far. */
  so: z.object({
    at: count,
    content: count,
    entriesBytes: count,
    entries: count,
    files: count,
    sockets: count,
  }),
  age: z.object({ chunk: count, pending: z.string() }).nullable(),
})
const line = z.discriminatedUnion('t', [
  z.object({ t: z.literal('start'), stamp: z.string(), started: z.string() }),
  z.object({ t: z.literal('block'), block: count, at: count, size: count }),
  partLine,
  z.object({
    t: z.literal('open'),
    server: z.string(),
    volume: count,
    name: z.string(),
    token: z.record(z.string(), z.union([z.string(), z.number()])),
  }),
  z.object({ t: z.literal('ack'), server: z.string(), parts: count, bytes: count }),
  z.object({ t: z.literal('commit'), server: z.string(), volume: count }),
  z.object({ t: z.literal('end'), sha256: z.string().nullable() }),
  /** Everything before is void: the run was cancelled and cleaned up, or began anew. */
  z.object({ t: z.literal('reset') }),
])

export type JournalLine = z.infer<typeof line>
export type PartLine = z.infer<typeof partLine>

/** What an earlier process left to go on with. */
export type BackupPast = {
  stamp: string
  started: string
  blocks: { at: number; size: number }[]
  parts: PartLine[]
  leftovers: Map<string, Leftover>
  ended: { sha256: string | null } | null
}

/** @returns null when there is nothing to go on with */
export async function readPast(lines: AsyncIterable<unknown>): Promise<BackupPast | null> {
  let past: BackupPast | null = null
  for await (const raw of lines) {
    const parsed = line.safeParse(raw)
    if (!parsed.success)
      throw new EngineError('data.format', 'run.resume', {
        detail: 'the run’s journal is not one of a backup',
        cause: parsed.error,
      })
    const item = parsed.data
    if (item.t === 'reset') past = null
    else if (item.t === 'start') past = { ...item, blocks: [], parts: [], leftovers: new Map(), ended: null }
    else if (past) apply(past, item)
  }
  return past
}

function apply(past: BackupPast, item: Exclude<JournalLine, { t: 'reset' | 'start' }>): void {
  const leftover = (server: string): Leftover => {
    const known = past.leftovers.get(server) ?? new Leftover()
    past.leftovers.set(server, known)
    return known
  }
  switch (item.t) {
    case 'block':
      // A resumed run writes the blocks behind its starting point again.
      past.blocks.length = Math.min(past.blocks.length, item.block)
      past.blocks.push({ at: item.at, size: item.size })
      break
    case 'part':
      if (past.parts[item.index]?.sha256 !== item.sha256)
        // Made anew from a source that has changed: who holds the old one, or any behind it, does not hold this one.
        for (const held of past.leftovers.values())
          held.acknowledged = Math.min(held.acknowledged, item.index)
      past.parts.length = Math.min(past.parts.length, item.index)
      past.parts.push(item)
      past.ended = null
      break
    case 'open':
      leftover(item.server).tokens.set(item.volume, { name: item.name, token: item.token })
      if (leftover(item.server).acknowledged === Infinity) leftover(item.server).acknowledged = 0
      break
    case 'commit':
      leftover(item.server).committed.add(item.volume)
      break
    case 'end':
      past.ended = { sha256: item.sha256 }
      break
    case 'ack':
      leftover(item.server).acknowledged = item.parts
      break
  }
}

export const partOf = (
  part: { index: number; size: number; sha256: string },
  where: Place,
  next: { block: number; cursor: Cursor } | null,
  so: PartLine['so'],
  age: PartLine['age'],
): PartLine => ({ t: 'part', ...part, place: where, next, so, age })
