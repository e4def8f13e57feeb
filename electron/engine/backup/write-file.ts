import type { AgeWriter } from '../archive/age/age-writer.ts'
import type { StoredPart } from '../archive/part-assembler.ts'
import { PartAssembler, Slabs } from '../archive/part-assembler.ts'
import type { ActiveRun } from '../run/index.ts'
import type { Source, SourceBlock } from '../source/source.ts'
import type { PartLine } from './backup-journal.ts'
import { partOf } from './backup-journal.ts'
import { compressed } from './compressed.ts'
import type { EntrySpool } from './entry-spool.ts'
import { FanOut, windowParts } from './fan-out.ts'
import type { Destination } from './destination.ts'
import type { VolumeLayout } from './layout.ts'
import type { BackupOptions } from './options.ts'

/** Where to go on: the first part to be made, with what lies before it. */
export type StartingPoint = { parts: PartLine[]; blocks: { at: number; size: number }[] }

export type WriteFile = {
  run: ActiveRun
  source: Source
  options: BackupOptions
  destinations: readonly Destination[]
  layout: VolumeLayout
  spool: EntrySpool
  age: AgeWriter | null
  from: StartingPoint
  /** Parts an earlier process has made behind the starting point: some servers hold them, so they must come out equal. */
  expected: ReadonlyMap<number, string>
  /** How far the journal reaches already: what is made again below is not written into it again. */
  journaled: { blocks: number; parts: number }
  monotonic: () => number
  /** When the run began, ms since 1970 UTC. */
  since: number
  patienceMs?: number | undefined
  /** Called with the file's content bytes that lie in part `index` and before. */
  onPart: (index: number, so: PartLine['so']) => void
}

export type WrittenFile = {
  parts: { size: number; sha256: string }[]
  blocks: { at: number; size: number }[]
  sha256: string | null
  so: PartLine['so']
}

/** Thrown when a part made again differs from what an earlier process sent: the source has changed meanwhile. */
export class Diverged extends Error {}

/** Slabs under way: the window, one being filled, one being handed over. */
const slabs = windowParts + 1

/** Reads the source once and gives it to all destinations, journaling what a later process needs to go on. */
export async function writeFile(job: WriteFile): Promise<WrittenFile> {
  const { run, options, from, spool } = job
  const last = from.parts.at(-1)
  const parts = from.parts.map(({ size, sha256 }) => ({ size, sha256 }))
  const blocks = [...from.blocks]
  const so: PartLine['so'] = last
    ? { ...last.so }
    : { at: 0, content: 0, entriesBytes: 0, entries: 0, files: 0, sockets: 0 }
  const assembler = new PartAssembler(new Slabs(slabs), job.age, {
    index: parts.length,
    offset: parts.reduce((bytes, { size }) => bytes + size, 0),
  })
  const fanOut = new FanOut(job.destinations, {
    monotonic: job.monotonic,
    signal: run.signal,
    patienceMs: job.patienceMs,
  })

  const send = async (part: StoredPart, next: PartLine['next']): Promise<void> => {
    const known = job.expected.get(part.index)
    if (known !== undefined && known !== part.sha256) {
      part.release()
      throw new Diverged()
    }
    const place = job.layout.place(part.bytes.length)
    const { index, sha256 } = part
    parts.push({ size: part.bytes.length, sha256 })
    const line = partOf(
      { index, size: part.bytes.length, sha256 },
      place,
      next,
      { ...so },
      job.age?.state ?? null,
    )
    // Before the part is on its way: what a server confirms must be known to a process that asks it.
    if (index >= job.journaled.parts) await run.journal.append(line)
    job.onPart(index, line.so)
    await fanOut.push(part, place)
  }

  const source = job.source.blocks({
    signal: run.signal,
    ...(last?.next ? { resume: { ...last.next, since: job.since } } : {}),
  })
  for await (const { block, stored, giveBack } of compressed(source, options.compression, options.level)) {
    await run.checkpoint()
    const index = blocks.length
    if (index >= job.journaled.blocks)
      await run.journal.append({ t: 'block', block: index, at: so.at, size: stored.length })
    blocks.push({ at: so.at, size: stored.length })
    so.at += stored.length
    await note(block)
    const part = await assembler.add(stored)
    giveBack()
    if (part) await send(part, block.cursor ? { block: block.index + 1, cursor: block.cursor } : null)
  }
  const { part, sha256 } = await assembler.end()
  if (part) await send(part, null)
  if (parts.length === 0) await fanOut.beginEmpty(job.layout.place(0))
  await run.journal.append({ t: 'end', sha256 })
  await fanOut.finish()
  return { parts, blocks, sha256, so }

  async function note(block: SourceBlock): Promise<void> {
    so.content += block.length
    so.entries += block.counts.entries
    so.files += block.counts.files
    so.sockets += block.counts.sockets
    await spool.append(block.entries)
    so.entriesBytes = spool.size
    for (const problem of block.problems) run.problem(problem)
  }
}
