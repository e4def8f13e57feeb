import { join } from 'node:path'
import { Worker } from 'node:worker_threads'
import { z } from 'zod'
import { formatBytes } from '../../../shared/units.ts'
import type { ReadBlock } from '../archive/archive-reader.ts'
import { ArchiveReader } from '../archive/archive-reader.ts'
import type { DecryptWith } from '../archive/age/key.ts'
import { blockBytes } from '../archive/compress.ts'
import type { BackupFile } from '../archive/manifest.ts'
import { rawFromText, rawToDisplay } from '../archive/raw-path.ts'
import { EngineError, fromFsError } from '../engine-error.ts'
import type { ActiveRun } from '../run/index.ts'
import type { ObjectStore } from '../store/object-store.ts'
import { workerLimits, workerUrl } from '../worker-url.ts'
import { KnownProblems } from './known-problems.ts'
import type { FromRestoreWorker, Reached, RestoreJob, ToRestoreWorker } from './messages.ts'
import { readListStart } from './list-head.ts'
import { ledgerFile } from './messages.ts'
import type { RestoreOptions, RestoreOutcome } from './options.ts'
import { landing } from './plan.ts'
import { planBatches, rangeOfPlanLine } from './plan-file.ts'
import { syncTarget } from './system-tools.ts'
import { checkFolder, freeBytes } from './target-room.ts'

export type RestoreDeps = {
  store: ObjectStore
  file: BackupFile
  /** The fetched entry list. */
  list: string
  secret: DecryptWith | undefined
}

/** Blocks given to the worker and not used up yet. */
const window = 2

const count = z.int().min(0)
const counts = z.object({
  created: count,
  replaced: count,
  same: count,
  left: count,
  refused: count,
  failed: count,
  damaged: count,
  files: count,
  bytes: count,
})
const line = z.discriminatedUnion('t', [
  z.object({
    t: z.literal('planned'),
    bytes: count,
    first: z.string().nullable(),
    target: z.string(),
    counts,
  }),
  z.object({ t: z.literal('at'), ordinal: count, done: count, ledgerBytes: count, counts }),
])

/**
 * Restores a backup file into a folder, as the body of a run. Plans first, refuses when there is no room, then fetches
 * only the blocks that the plan needs.
 *
 * After a failure, a kill or a cancel, files that are finished stay, and an unfinished one stays under its partial
 * name; `runs resume` goes on inside it. Nothing is ever written outside the target.
 */
export async function runRestore(
  run: ActiveRun,
  options: RestoreOptions,
  deps: RestoreDeps,
): Promise<{ outcome: RestoreOutcome }> {
  const { file, list, secret } = deps
  const head = await readListStart(list, file, secret, run.signal)
  let { limit } = options
  run.onLimit(bytesPerSecond => (limit = bytesPerSecond))
  const reader = new ArchiveReader(deps.store, file, head.blocks, () => limit)
  await reader.unlock(secret ?? {}, run.signal)
  const past = run.resumed ? await readReached(run) : null
  const { target, prefix } = landing(options, head.base)
  await checkFolder(target)
  const job: RestoreJob = {
    list,
    file,
    secret,
    options,
    target: rawFromText(target),
    prefix,
    content: head.content,
    folder: run.folder,
    runId: run.id,
    ...(past ? { resume: past.reached } : {}),
  }
  const worker = new RestoreWorker(job, run, run.resumed ? await KnownProblems.of(run.folder) : null)
  try {
    const total = past?.total ?? (await plan(run, worker, target))
    run.progress({ phase: 'restoring', total })
    const quiet = tellReceived(run, reader)
    const end = await write(run, worker, reader).finally(quiet)
    run.progress({ phase: 'making it durable' })
    await syncTarget(target, run)
    run.progress({ bytes: end.counts.bytes, files: end.counts.files })
    const outcome: RestoreOutcome = {
      point: options.point,
      server: options.server,
      target,
      counts: end.counts,
      ledger: join(run.folder, ledgerFile),
    }
    return { outcome }
  } finally {
    await worker.stop()
  }
}

/** Has the worker plan, checks the room, writes down that the plan stands. Answers the bytes to be written. */
async function plan(run: ActiveRun, worker: RestoreWorker, target: string): Promise<number> {
  run.progress({ phase: 'planning' })
  const planned = await worker.expect('planned')
  const free = await freeBytes(target)
  if (planned.room > free)
    throw new EngineError('local.full', 'restore.start', {
      subject: target,
      detail: `${formatBytes(planned.room)} are to be written, ${formatBytes(free)} are free`,
    })
  await run.journal.append(
    { t: 'planned', bytes: planned.bytes, first: planned.first, target, counts: planned.counts },
    { sync: true },
  )
  worker.send({ is: 'go' })
  return planned.bytes
}

/** How often is told what is on its way, ms. */
const tellEvery = 250

/** Tells what has come in and is not written yet; data that comes in is progress after a wait, too. */
function tellReceived(run: ActiveRun, reader: ArchiveReader): () => void {
  let told = 0
  const tell = () => {
    const { received } = reader
    if (received === told) return
    const moves = received > told && run.record.progress.stalled !== undefined
    told = received
    run.progress({ received, ...(moves ? { stalled: null } : {}) })
  }
  const timer = setInterval(tell, tellEvery).unref()
  return () => {
    clearInterval(timer)
    run.progress({ received: null })
  }
}

async function write(run: ActiveRun, worker: RestoreWorker, reader: ArchiveReader) {
  for (;;) {
    const next = await worker.expect('start', 'end')
    if (next.is === 'end') return next
    for await (const block of reader.read(wantedBlocks(join(run.folder, next.plan), next), run.signal)) {
      await run.checkpoint()
      await worker.give(block, () => reader.usedUp(block.index))
    }
    worker.send({ is: 'no-more' })
  }
}

/** The blocks that hold what is left of the plan, each once, in rising order. */
async function* wantedBlocks(plan: string, from: { ordinal: number; done: number }): AsyncGenerator<number> {
  let next = 0
  let ordinal = -1
  for await (const lines of planBatches(plan))
    for (const text of lines) {
      if (++ordinal < from.ordinal) continue
      const { data, size } = rangeOfPlanLine(text)
      const done = ordinal === from.ordinal ? from.done : 0
      if (size === done) continue
      const last = Math.floor((data + size - 1) / blockBytes)
      for (let block = Math.max(next, Math.floor((data + done) / blockBytes)); block <= last; block++)
        yield block
      next = Math.max(next, last + 1)
    }
}

async function readReached(run: ActiveRun): Promise<{ reached: Reached; total: number } | null> {
  let total: number | null = null
  let reached: Reached | null = null
  for await (const raw of run.readJournal()) {
    const parsed = line.safeParse(raw)
    if (!parsed.success)
      throw new EngineError('data.format', 'run.resume', {
        detail: 'the run’s journal is not one of a restore',
        cause: parsed.error,
      })
    if (parsed.data.t === 'planned') {
      total = parsed.data.bytes
      reached = { ordinal: 0, done: 0, ledgerBytes: 0, counts: parsed.data.counts }
    } else reached = parsed.data
  }
  return total === null || !reached ? null : { reached, total }
}

/** The worker as the engine sees it: its messages in order, its notes put into the run. */
class RestoreWorker {
  private readonly worker: Worker
  private readonly run: ActiveRun
  private readonly known: KnownProblems | null
  private readonly target: string
  private readonly queue: FromRestoreWorker[] = []
  private failure: unknown
  private over = false
  /** Blocks that it has and has not used up, oldest first: what to do once it has. */
  private readonly outstanding: (() => void)[] = []
  private wake: () => void = () => {}

  /** @param known problems that are counted already */
  constructor(job: RestoreJob, run: ActiveRun, known: KnownProblems | null) {
    this.run = run
    this.known = known
    this.target = rawToDisplay(job.target)
    this.worker = new Worker(workerUrl('./restore-worker.ts', import.meta.url), {
      workerData: job,
      resourceLimits: workerLimits,
    })
    this.worker.on('message', (message: FromRestoreWorker) => this.receive(message))
    this.worker.once('error', err => ((this.failure = err), this.wake()))
    this.worker.once('exit', () => ((this.over = true), this.wake()))
    run.signal.addEventListener('abort', () => this.wake(), { once: true })
  }

  send(message: ToRestoreWorker, transfer: ArrayBuffer[] = []): void {
    this.worker.postMessage(message, transfer)
  }

  /** Hands a block over; resolves when all but this one have been used up, and the journal says so. */
  async give(block: ReadBlock, used: () => void): Promise<void> {
    this.outstanding.push(used)
    this.sendBlock(block)
    while (this.outstanding.length >= window) await this.moved()
  }

  private sendBlock(block: ReadBlock): void {
    if ('failure' in block)
      return this.send({
        is: 'damaged',
        index: block.index,
        detail: block.failure.detail ?? block.failure.code,
      })
    // Only a buffer of its own can be handed over; a piece of another, or of the runtime's pool, is copied.
    const { bytes } = block
    const own =
      bytes.byteOffset === 0 && bytes.buffer instanceof ArrayBuffer && bytes.buffer.byteLength >= 256 * 1024
    const buffer = own ? bytes.buffer : bytes.slice().buffer
    this.send({ is: 'block', index: block.index, buffer, length: bytes.length }, [buffer])
  }

  async expect<K extends FromRestoreWorker['is']>(
    ...kinds: K[]
  ): Promise<Extract<FromRestoreWorker, { is: K }>> {
    for (;;) {
      const message = this.queue.shift()
      if (message && kinds.some(kind => kind === message.is))
        return message as Extract<FromRestoreWorker, { is: K }>
      if (!message) await this.moved()
    }
  }

  async stop(): Promise<void> {
    await this.worker.terminate()
  }

  private async moved(): Promise<void> {
    this.run.signal.throwIfAborted()
    if (this.failure) throw fromWorker(this.failure, this.target)
    if (this.over) throw new EngineError('internal', 'restore', { detail: 'the writing thread ended early' })
    await new Promise<void>(resolve => (this.wake = resolve))
  }

  private receive(message: FromRestoreWorker): void {
    if (message.is === 'took') this.outstanding.shift()?.()
    else if (message.is === 'at') this.reached(message)
    else if (message.is === 'problem') this.problem(message)
    else this.queue.push(message)
    this.wake()
  }

  private problem({ code, path, detail }: Extract<FromRestoreWorker, { is: 'problem' }>): void {
    const problem = { code, subject: rawToDisplay(path), detail }
    if (!this.known?.has(problem)) this.run.problem(problem)
  }

  private reached({ is: _, ...reached }: Extract<FromRestoreWorker, { is: 'at' }>): void {
    this.run.progress({ bytes: reached.counts.bytes, files: reached.counts.files })
    this.run.journal
      .append({ t: 'at', ...reached })
      .catch((err: unknown) => ((this.failure = err), this.wake()))
  }
}

const full = ['ENOSPC', 'EDQUOT']

// Errors cross threads as plain copies: the class is lost, message and code are not.
function fromWorker(err: unknown, target: string): EngineError {
  const { code, message } = err as NodeJS.ErrnoException
  if (code && full.includes(code))
    return new EngineError('local.full', 'restore', {
      subject: target,
      detail: 'the target’s disk is full; free some space and resume the run',
      cause: err,
    })
  if (code && /^E[A-Z]+$/.test(code)) return fromFsError(err, 'restore', target)
  const { during, subject, detail } = err as Partial<EngineError>
  if (typeof during === 'string' && typeof code === 'string')
    return new EngineError(code as EngineError['code'], during, {
      ...(subject ? { subject } : {}),
      ...(detail ? { detail } : {}),
      cause: err,
    })
  return new EngineError('internal', 'restore', { detail: message, cause: err })
}
