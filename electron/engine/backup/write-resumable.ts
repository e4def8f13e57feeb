import { join } from 'node:path'
import { AgeWriter } from '../archive/age/age-writer.ts'
import type { FileKey } from '../archive/age/key.ts'
import { EngineError } from '../engine-error.ts'
import type { ActiveRun } from '../run/index.ts'
import type { Source } from '../source/source.ts'
import type { BackupPast, PartLine } from './backup-journal.ts'
import type { PlacedPart } from './copy-file.ts'
import { copyFile } from './copy-file.ts'
import type { Destination } from './destination.ts'
import { Destination as Copy } from './destination.ts'
import { EntrySpool } from './entry-spool.ts'
import type { VolumeLimits } from './layout.ts'
import { VolumeLayout, volumeLimits } from './layout.ts'
import type { BackupOptions } from './options.ts'
import type { WrittenFile } from './write-file.ts'
import { Diverged, writeFile } from './write-file.ts'

export type WriteResumable = {
  run: ActiveRun
  source: Source
  options: BackupOptions
  destinations: Destination[]
  name: string
  key: FileKey | null
  past: BackupPast | null
  monotonic: () => number
  /** See `FanOut`. */
  patienceMs?: number | undefined
}

export type WrittenPoint = WrittenFile & {
  spool: EntrySpool
  volumes: { name: string; size: number; parts: number }[] | undefined
}

/** A server further behind the others than this is completed by a copy instead of being fed again. */
const maxLagParts = 16

/**
 * Writes the backup file to every destination, from the beginning or from where an earlier process came to. Copies that
 * fell behind are completed from a finished one. Destinations end as done or failed; at least one is done.
 */
export async function writeResumable(job: WriteResumable): Promise<WrittenPoint> {
  const { run, destinations } = job
  const limits = volumeLimits(destinations.map(d => d.store.limits))
  const watch = new ProgressWatch(run, destinations)
  const expectedBytes = await watch.expect(job, limits)
  try {
    const { written, spool, layout } = await read(job, limits, expectedBytes, watch)
    try {
      const placed = placeParts(job.name, limits, expectedBytes, written.parts)
      await completeTheDropped(job, placed)
    } catch (err) {
      await spool.close()
      throw err
    }
    return { ...written, spool, volumes: layout.forManifest }
  } finally {
    watch.end()
  }
}

async function read(
  job: WriteResumable,
  limits: VolumeLimits,
  expectedBytes: number | null,
  watch: ProgressWatch,
) {
  const { run, destinations, past } = job
  const known = past?.parts ?? []
  const held = new Map<Destination, number>()
  const placed = placeParts(job.name, limits, expectedBytes, known)
  for (const destination of destinations)
    held.set(destination, known.length > 0 ? await destination.takeUp(placed) : 0)
  // Before anything of the earlier process is given up: a server that is down now may be there tomorrow.
  if (!destinations.some(d => d.state === 'active'))
    throw destinations[0]?.failure ?? new EngineError('internal', 'backup')
  const furthest = Math.max(0, ...held.values())
  for (const [destination, parts] of held) if (furthest - parts > maxLagParts) await destination.drop()
  const behind = destinations.filter(d => d.state === 'active').map(d => held.get(d) ?? 0)
  let start = Math.min(furthest, ...behind)
  const isEnded = known.length > 0 && (past?.ended != null || known.at(-1)?.next === null)
  if (isEnded && furthest === known.length) start = furthest

  // Past what a server holds all may come out differently now, and then the journal must say so.
  const certain = known[furthest - 1]
  const journaled = { blocks: certain?.next?.block ?? (certain ? Infinity : 0), parts: furthest }
  for (;;) {
    const parts = known.slice(0, start)
    const last = parts.at(-1)
    const blocks = (past?.blocks ?? []).slice(0, last ? (last.next?.block ?? undefined) : 0)
    const layout = new VolumeLayout(job.name, limits, expectedBytes)
    for (const part of parts) layout.place(part.size)
    const spool = await EntrySpool.open(join(run.scratch, 'entries.jsonl'), {
      from: last?.so.entriesBytes ?? 0,
      keep: certain?.so.entriesBytes ?? 0,
    })
    for (const [index, part] of parts.entries()) watch.part(index, part.so)
    if (isEnded && start === known.length) {
      // Everything was sent: who lacks a part is completed by a copy.
      for (const [destination, count] of held) if (count < known.length) await destination.drop()
      await Promise.all(destinations.map(d => d.finish()))
      const written = {
        parts: known.map(({ size, sha256 }) => ({ size, sha256 })),
        blocks,
        sha256: past?.ended?.sha256 ?? null,
        so: last!.so,
      }
      return { written, spool, layout }
    }
    const age = job.key ? new AgeWriter(job.key, last?.age ?? undefined) : null
    const expected = new Map(known.slice(start, furthest).map(part => [part.index, part.sha256]))
    try {
      const written = await writeFile({
        ...job,
        since: past ? Date.parse(past.started) : Infinity,
        layout,
        spool,
        age,
        from: { parts, blocks },
        expected,
        journaled,
        onPart: (index, so) => watch.part(index, so),
      })
      return { written, spool, layout }
    } catch (err) {
      await spool.close()
      if (!(err instanceof Diverged)) throw err
      run.log(
        'the source has changed since the interruption; servers that are behind are completed by a copy',
      )
      for (const [destination, count] of held) if (count < furthest) await destination.drop()
      start = furthest
    }
  }
}

const placeParts = (
  name: string,
  limits: VolumeLimits,
  expectedBytes: number | null,
  parts: readonly { size: number; sha256: string }[],
): PlacedPart[] => {
  const layout = new VolumeLayout(name, limits, expectedBytes)
  return parts.map(({ size, sha256 }) => ({ size, sha256, place: layout.place(size) }))
}

/** A copy from a finished server for each that was taken out of the read. */
async function completeTheDropped(
  { run, destinations, monotonic }: WriteResumable,
  placed: readonly PlacedPart[],
): Promise<void> {
  const finished = destinations.find(d => d.state === 'done')
  for (const [index, late] of destinations.entries()) {
    if (late.state !== 'dropped' || !finished) continue
    run.progress({ phase: `completing ${late.name}` })
    run.problem({
      code: 'server.copied-late',
      subject: late.name,
      detail: `was held up; completed by a copy from ${finished.name}`,
    })
    const copy = new Copy({
      name: late.name,
      store: late.store,
      signal: run.signal,
      monotonic,
      leftover: late.leftover,
      events: late.events,
    })
    destinations[index] = copy
    await copyFile(finished.store, copy, placed, {
      signal: run.signal,
      checkpoint: () => run.checkpoint(),
    }).catch((err: unknown) => {
      run.signal.throwIfAborted()
      copy.fail(err)
    })
  }
}

/** Turns acknowledgements into the run's progress: content that every active server has acknowledged. */
class ProgressWatch {
  private readonly run: ActiveRun
  private readonly destinations: Destination[]
  private readonly reached: { content: number; files: number }[] = []
  private readonly timer: NodeJS.Timeout
  private expected: number | null = null

  constructor(run: ActiveRun, destinations: Destination[]) {
    this.run = run
    this.destinations = destinations
    run.progress({ phase: 'backing up' })
    this.timer = setInterval(() => this.publish(), 250)
  }

  /** Learns how much there is to do. Waited for only when a server's limit may demand volumes. */
  async expect({ source, past, name }: WriteResumable, limits: VolumeLimits): Promise<number | null> {
    const estimate = source.estimate(this.run.signal).then(
      found => {
        this.expected = found?.bytes ?? null
        return found?.bytes ?? null
      },
      () => null, // Without an estimate the total stays unknown.
    )
    const first = past?.parts[0]?.place.name
    // A resume keeps the names it began with, whatever the source holds now.
    if (first !== undefined) return first === name ? null : Infinity
    return limits.bytes < Infinity || limits.parts < Infinity ? estimate : null
  }

  part(index: number, so: PartLine['so']): void {
    this.reached[index] = { content: so.content, files: so.files }
  }

  end(): void {
    clearInterval(this.timer)
    this.publish()
  }

  private publish(): void {
    const inRead = this.destinations.filter(d => d.state === 'active' || d.state === 'done')
    const parts = inRead.length > 0 ? Math.min(...inRead.map(d => d.acknowledged.parts)) : 0
    const reached = this.reached[parts - 1] ?? { content: 0, files: 0 }
    const servers = Object.fromEntries(
      this.destinations.map(d => [d.name, { bytes: d.acknowledged.bytes, state: d.state }]),
    )
    // The estimate is one: what has been done is never more than what there is to do.
    const total = this.expected === null ? null : Math.max(this.expected, reached.content)
    this.run.progress({ bytes: reached.content, total, files: reached.files, servers })
  }
}
