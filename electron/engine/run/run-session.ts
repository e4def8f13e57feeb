import { join } from 'node:path'
import type { Problem } from '../../../shared/run.ts'
import { EngineError, isAbort, toFailure } from '../engine-error.ts'
import type { Clock, Log, Power } from '../ports.ts'
import { LineFile } from '../state/line-file.ts'
import { makeFolders } from '../state/make-folders.ts'
import type { ActiveRun, RunAnswer } from './active-run.ts'
import { failureLine } from './failure-line.ts'
import { Journal, readJournal } from './journal.ts'
import { RecordWriter } from './record-writer.ts'
import type { CancelledBy } from './run-cancelled.ts'
import { RunCancelled } from './run-cancelled.ts'
import { notAsked, notUnderWay } from './run-control.ts'
import { withPhase } from './run-phases.ts'
import type { ProgressPatch } from './run-progress.ts'
import { applyProgress, isPassing } from './run-progress.ts'
import type { RunRegistry } from './run-registry.ts'
import { Snapshots } from './snapshots.ts'
import type { StoredRun } from './stored-run.ts'
import { firstProblemCount, isUnderWay, seqGap } from './stored-run.ts'

export type SessionDeps = {
  clock: Clock
  /** Takes out what is secret; applied to all text that reaches the run's files. */
  mask: (text: string) => string
  log: Log
  power: Power | undefined
  cleanupMs: number
  /** Why it cannot be paused, in words; absent when it can. */
  noPause?: string | undefined
  /** Whether what the run does goes on by itself when this process ends; it then reads as interrupted. */
  outlives?: boolean | undefined
}

/** Snapshots go out at most this often, ms. */
const publishEveryMs = 250
/** So many snapshots may go out before the record is written, though nothing in it has changed. */
const unwrittenSeqs = seqGap / 4
/** Longest text of a problem, a failure or a log line that is kept, characters. */
const longestText = 16 * 1024
/** Where `log.txt` ends, bytes: a run that complains for days must not fill the disk it works on. */
const maxLogBytes = 64 * 1024 * 1024

/** One run that goes on in this process: its state machine, its counters and its files. `startRun` makes it. */
export class RunSession implements ActiveRun {
  readonly id: string
  readonly folder: string
  readonly scratch: string
  readonly resumed: boolean
  readonly journal: Journal
  readonly snapshots: Snapshots<StoredRun>
  readonly #deps: SessionDeps
  readonly #writer: RecordWriter
  readonly #problems: LineFile
  readonly #log: LineFile
  readonly #abort = new AbortController()
  readonly #limitListeners: ((bytesPerSecond: number | null) => void)[] = []
  #answerListener: ((answer: RunAnswer) => Promise<void>) | undefined
  readonly #awake: { release(): void } | undefined
  #record: StoredRun
  #limit: { bytesPerSecond: number | null } | undefined
  #resumed = Promise.withResolvers<void>()
  #publishTimer: NodeJS.Timeout | undefined
  #publishedAt = -Infinity
  #logFull = false
  /** Something has changed that the disk must have. */
  #unwritten = false
  #writtenSeq = 0

  private constructor(
    registry: RunRegistry,
    record: StoredRun,
    resumed: boolean,
    deps: SessionDeps,
    files: { journal: Journal; problems: LineFile; log: LineFile },
  ) {
    this.id = record.id
    this.folder = registry.folderOf(record.id)
    this.scratch = scratchOf(this.folder)
    this.resumed = resumed
    this.journal = files.journal
    this.#problems = files.problems
    this.#log = files.log
    this.#deps = deps
    this.#record = lasting(record)
    this.#writtenSeq = record.seq
    this.snapshots = new Snapshots(record)
    this.#writer = new RecordWriter(registry, err =>
      deps.log('warn', 'the record of a run could not be written', { err }),
    )
    this.#awake = deps.power?.keepAwake(record)
  }

  static async open(
    registry: RunRegistry,
    record: StoredRun,
    resumed: boolean,
    deps: SessionDeps,
  ): Promise<RunSession> {
    const folder = registry.folderOf(record.id)
    const journal = await Journal.open(join(folder, 'journal.jsonl'))
    try {
      makeFolders(scratchOf(folder), 0o700)
      const problems = await LineFile.open(join(folder, 'problems.jsonl'))
      const log = await LineFile.open(join(folder, 'log.txt'))
      return new RunSession(registry, record, resumed, deps, { journal, problems, log })
    } catch (err) {
      await journal.close()
      throw err
    }
  }

  get record(): StoredRun {
    return this.#record
  }

  get signal(): AbortSignal {
    return this.#abort.signal
  }

  readJournal(): AsyncGenerator<unknown, void, undefined> {
    return readJournal(join(this.folder, 'journal.jsonl'))
  }

  async checkpoint(): Promise<void> {
    this.signal.throwIfAborted()
    while (this.#record.state === 'paused') {
      await this.#resumed.promise
      this.signal.throwIfAborted()
    }
  }

  problem(problem: Problem): void {
    const kept = {
      code: problem.code,
      subject: this.#clean(problem.subject),
      detail: this.#clean(problem.detail),
    }
    const { problems, firstProblems } = this.#record
    const first = firstProblems.length < firstProblemCount ? [...firstProblems, kept] : firstProblems
    this.#change({ problems: problems + 1, firstProblems: first })
    this.#problems
      .append(JSON.stringify(kept))
      .catch(err => this.#deps.log('warn', 'a problem could not be noted', { err }))
  }

  log(line: string): void {
    if (this.#logFull) return
    this.#logFull = this.#log.size > maxLogBytes
    const text = this.#logFull ? 'the log ends here: it has reached its largest size' : this.#clean(line)
    const time = new Date(this.#deps.clock.now()).toISOString()
    // One call is one line, whatever a file name or a server's answer holds.
    const escaped = text.replace(/\p{Cc}/gu, c => `\\x${c.charCodeAt(0).toString(16).padStart(2, '0')}`)
    this.#log
      .append(`${time} ${escaped}`)
      .catch(err => this.#deps.log('warn', 'a log line could not be written', { err }))
  }

  progress(patch: ProgressPatch, options: { restart?: boolean } = {}): void {
    const { phases = [], started } = this.#record
    const now = this.#deps.clock.now()
    // A clock that was set back must not let a phase end before it began.
    const at = Math.max(now, Date.parse(phases.at(-1)?.from ?? started))
    this.#change(
      {
        progress: applyProgress(this.#record.progress, patch, options.restart),
        ...(patch.phase === undefined ? {} : { phases: withPhase(phases, patch.phase, at) }),
      },
      isPassing(patch),
    )
  }

  onLimit(listener: (bytesPerSecond: number | null) => void): void {
    this.#limitListeners.push(listener)
    if (this.#limit) listener(this.#limit.bytesPerSecond)
  }

  onAnswer(listener: (answer: RunAnswer) => Promise<void>): void {
    this.#answerListener = listener
  }

  async answer(answer: RunAnswer): Promise<void> {
    if (!isUnderWay(this.#record) || !this.#answerListener) throw notAsked(this.id)
    await this.#answerListener(answer)
  }

  cleanupSignal(): AbortSignal {
    return AbortSignal.timeout(this.#deps.cleanupMs)
  }

  setLimit(bytesPerSecond: number | null): void {
    if (!isUnderWay(this.#record)) throw notUnderWay('limit', this.id)
    if (bytesPerSecond !== null && !(bytesPerSecond > 0)) {
      throw new EngineError('input.invalid', 'run.limit', {
        detail: 'a limit is more than 0 bytes per second',
      })
    }
    this.#limit = { bytesPerSecond }
    for (const listener of this.#limitListeners) listener(bytesPerSecond)
  }

  /** Resolves when the disk has it, so that whoever asked finds it so in the list. The same holds for the next two. */
  async pause(): Promise<void> {
    if (this.#record.state === 'paused') return
    if (this.#record.state !== 'running') throw notUnderWay('pause', this.id)
    const detail = this.#deps.noPause
    if (detail !== undefined) throw new EngineError('run.conflict', 'run.pause', { subject: this.id, detail })
    this.#resumed = Promise.withResolvers<void>()
    await this.#enter('paused')
  }

  async resume(): Promise<void> {
    if (this.#record.state === 'running') return
    if (this.#record.state !== 'paused') throw notUnderWay('resume', this.id)
    const recorded = this.#enter('running')
    this.#resumed.resolve()
    await recorded
  }

  async cancel(by: CancelledBy): Promise<void> {
    if (this.#record.state === 'cancelling') return
    if (!isUnderWay(this.#record)) throw notUnderWay('cancel', this.id)
    const recorded = this.#enter('cancelling')
    this.#abort.abort(new RunCancelled(by, this.id))
    this.#resumed.resolve()
    await recorded
  }

  /** Does the work and brings the record to its end. Never throws: what went wrong is in the record. */
  async execute(body: (run: ActiveRun) => Promise<{ outcome: unknown }>): Promise<void> {
    const work = (async () => body(this))().then(
      ({ outcome }) => ({ state: 'succeeded' as const, outcome: outcome ?? null, failure: null }),
      (err: unknown) => this.#ending(err),
    )
    const { end, settle } = this.#cleanupDeadline()
    const ending = await Promise.race([work, end])
    settle()
    await this.journal.close()
    await this.#problems.close()
    await this.#log.close()
    clearTimeout(this.#publishTimer)
    const ended = ending.state === 'interrupted' ? null : new Date(this.#deps.clock.now()).toISOString()
    this.#record = lasting({ ...this.#record, ...ending, ended, control: null, seq: this.#record.seq + 1 })
    await this.#writer.now(this.#record).catch((err: unknown) => {
      this.#deps.log('error', 'the end of a run could not be written; it will read as interrupted', { err })
    })
    await this.#writer.close()
    this.#awake?.release()
  }

  #ending(err: unknown): Pick<StoredRun, 'state' | 'failure' | 'cancelledBy'> {
    const { reason } = this.signal as { reason: unknown }
    const cancelled = reason instanceof RunCancelled
    if (!(cancelled && isAbort(err))) this.log(failureLine(err))
    const failure = toFailure(cancelled ? reason : err, `run.${this.#record.kind}`)
    if (failure.detail !== undefined) failure.detail = this.#clean(failure.detail)
    if (failure.subject !== undefined) failure.subject = this.#clean(failure.subject)
    // What goes on without us is not cancelled: nobody watches it for now.
    if (cancelled && reason.by === 'shutdown' && this.#deps.outlives)
      return { state: 'interrupted', failure: null }
    return cancelled ? { state: 'cancelled', failure, cancelledBy: reason.by } : { state: 'failed', failure }
  }

  /** `end` comes true only after a cancel, when the body has had its time to clean up and is still not done. */
  #cleanupDeadline(): {
    end: Promise<Pick<StoredRun, 'state' | 'failure' | 'cancelledBy'>>
    settle: () => void
  } {
    const end = Promise.withResolvers<Pick<StoredRun, 'state' | 'failure' | 'cancelledBy'>>()
    let timer: NodeJS.Timeout | undefined
    const begin = () => {
      timer = setTimeout(() => {
        const { failure, ...ending } = this.#ending(this.signal.reason)
        const detail = `${failure?.detail ?? 'cancelled'}; cleaning up was not finished in time`
        end.resolve({ ...ending, failure: failure && { ...failure, detail } })
      }, this.#deps.cleanupMs)
    }
    this.signal.addEventListener('abort', begin, { once: true })
    if (this.signal.aborted && !timer) begin()
    return {
      end: end.promise,
      settle: () => {
        clearTimeout(timer)
        this.signal.removeEventListener('abort', begin)
      },
    }
  }

  async #enter(state: 'running' | 'paused' | 'cancelling'): Promise<void> {
    this.#record = { ...this.#record, state }
    this.#publish()
    this.#unwritten = false
    this.#writtenSeq = this.#record.seq
    await this.#writer
      .now(lasting(this.#record))
      .catch((err: unknown) => this.#deps.log('warn', 'the record of a run could not be written', { err }))
  }

  /** @param passing watchers hear of it; the disk need not */
  #change(patch: Partial<StoredRun>, passing = false): void {
    if (!isUnderWay(this.#record)) return
    this.#record = { ...this.#record, ...patch }
    if (!passing) this.#unwritten = true
    if (this.#publishTimer) return
    const wait = Math.max(0, this.#publishedAt + publishEveryMs - this.#deps.clock.monotonic())
    this.#publishTimer = setTimeout(() => {
      this.#publish()
      // Watchers must never be a `seqGap` ahead of the disk.
      if (!this.#unwritten && this.#record.seq - this.#writtenSeq < unwrittenSeqs) return
      this.#unwritten = false
      this.#writtenSeq = this.#record.seq
      this.#writer.soon(lasting(this.#record))
    }, wait).unref()
  }

  #publish(): void {
    clearTimeout(this.#publishTimer)
    this.#publishTimer = undefined
    this.#publishedAt = this.#deps.clock.monotonic()
    this.#record = { ...this.#record, seq: this.#record.seq + 1 }
    this.snapshots.publish(this.#record)
  }

  #clean(text: string): string {
    // Masked before it is cut: half a secret would pass the masker.
    const masked = this.#deps.mask(text)
    return masked.length > longestText ? `${masked.slice(0, longestText)}…` : masked
  }
}

/** Without what is true only while this process is there. */
function lasting(record: StoredRun): StoredRun {
  const { received, ...progress } = record.progress
  return received === undefined ? record : { ...record, progress }
}

const scratchOf = (folder: string): string => join(folder, 'scratch')
