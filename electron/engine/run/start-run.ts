import { rm } from 'node:fs/promises'
import type { RunKind, RunOrigin } from '../../../shared/run.ts'
import { EngineError } from '../engine-error.ts'
import type { Clock, Log, Power } from '../ports.ts'
import { noLog, systemClock } from '../ports.ts'
import type { Lock } from '../state/lock-file.ts'
import { thisProcess } from '../state/process-identity.ts'
import type { ActiveRun } from './active-run.ts'
import { removeControlPath } from './control-address.ts'
import type { CancelledBy } from './run-cancelled.ts'
import type { ControlServer } from './run-control.ts'
import { notUnderWay, serveControl } from './run-control.ts'
import { newRunId } from './run-id.ts'
import { lastSign, originOf, phasesOnResume } from './run-phases.ts'
import type { RunRegistry } from './run-registry.ts'
import { RunSession } from './run-session.ts'
import type { ControlAddress, StoredRun } from './stored-run.ts'
import { isUnderWay, seqGap } from './stored-run.ts'
import type { WatchedRun } from './watched-run.ts'

/** A new run, or an earlier one that goes on: then its own kind, options and beginning hold. */
export type RunRequest =
  | { kind: RunKind; about: string; options: unknown; resumeOf?: undefined }
  | { resumeOf: string; kind?: RunKind; about?: string; options?: unknown }

export type RunDeps = {
  clock?: Clock
  /** Takes secrets out of text; applied to all that reaches the run's files. */
  mask?: (text: string) => string
  log?: Log
  power?: Power
  /** How long the body may take to clean up after a cancel, ms. */
  cleanupMs?: number
  /** Why the run cannot be paused, in words; absent when it can. */
  noPause?: string
  /** Whether what the run does goes on by itself when this process ends. */
  outlives?: boolean
  /** Of Drydock, for the record. */
  version?: string
}

/** A run of this process. */
export type StartedRun = WatchedRun & {
  readonly folder: string
  /** The record's newest state. */
  readonly record: StoredRun
  /** Like `cancel`, and says who asked. Does nothing when the run has ended. */
  stop(by: CancelledBy): void
  /** The record after the end. Never rejects: a failure is in the record. */
  readonly done: Promise<StoredRun>
}

export type RunBody = (run: ActiveRun) => Promise<{ outcome: unknown }>

const defaultCleanupMs = 30_000

/**
 * Starts `body` in this process as a run that any process of this user can see and control.
 * Rejects only when the run cannot begin: `run.conflict` when another process works on it, `run.not-resumable` when
 * it has succeeded, `run.unknown`, or a `local.` failure of the state folder.
 */
export async function startRun(
  registry: RunRegistry,
  request: RunRequest,
  body: RunBody,
  deps: RunDeps = {},
): Promise<StartedRun> {
  const clock = deps.clock ?? systemClock
  const log = deps.log ?? noLog
  const undo: (() => Promise<void>)[] = []
  try {
    let lock: Lock | undefined
    let earlier: StoredRun | undefined
    let quiet = ''
    if (request.resumeOf !== undefined) {
      const { id } = resumable(await registry.get(request.resumeOf))
      lock = await registry.lock(id)
      undo.push(() => lock?.release() ?? Promise.resolve())
      // Again under the lock: another process may have finished it meanwhile.
      earlier = resumable(await registry.get(id))
      quiet = earlier.ended ?? (await lastSign(registry.folderOf(id), earlier))
      if (earlier.control) await removeControlPath(earlier.control.path, id)
    }
    const id = earlier?.id ?? newRunId(clock.now())

    const held: { session?: RunSession } = {}
    const begun = Promise.withResolvers<RunSession>()
    begun.promise.catch(() => {})
    const current = (op: string) => held.session ?? fail(op, id)
    const control = await serveControl(registry.home, id, () => begun.promise.then(s => s.snapshots), {
      pause: async () => current('pause').pause(),
      resume: async () => current('resume').resume(),
      cancel: async () => current('cancel').cancel('operator'),
      setLimit: async bytesPerSecond => current('limit').setLimit(bytesPerSecond),
      answer: async answer => current('answer').answer(answer),
    })
    undo.push(async () => {
      begun.reject(notUnderWay('attach', id))
      await control.close()
    })

    const own = { control: { ...thisProcess(), path: control.path }, origin: originOf(deps.version ?? '') }
    const record = firstRecord(id, request, earlier && { record: earlier, quiet }, own, clock)

    if (earlier) await registry.write(record, { durable: true })
    else {
      await registry.create(record)
      lock = await registry.lock(id)
      undo.push(() => lock?.release() ?? Promise.resolve())
    }
    const session = await RunSession.open(registry, record, earlier !== undefined, {
      clock,
      log,
      mask: deps.mask ?? (text => text),
      power: deps.power,
      cleanupMs: deps.cleanupMs ?? defaultCleanupMs,
      noPause: deps.noPause,
      outlives: deps.outlives,
    })
    held.session = session
    begun.resolve(session)
    return started(session, control, lock, body, () => registry.get(id))
  } catch (err) {
    for (const step of undo.reverse()) await step().catch(() => {})
    throw err
  }
}

function started(
  session: RunSession,
  control: ControlServer,
  lock: Lock | undefined,
  body: RunBody,
  stored: () => Promise<StoredRun>,
): StartedRun {
  const done = (async () => {
    await session.execute(body)
    // Only once the disk has it: a run that reads as interrupted needs what lies there.
    if ((await stored().catch(() => null))?.state === 'succeeded')
      await rm(session.scratch, { recursive: true, force: true }).catch(() => {})
    // Before anyone hears that it has ended: who resumes it at once must not meet the old lock.
    await lock?.release()
    session.snapshots.publish(session.record, true)
    await control.close()
    return session.record
  })()
  return {
    id: session.id,
    folder: session.folder,
    done,
    get record() {
      return session.record
    },
    snapshots: signal => session.snapshots.read(signal),
    pause: async () => session.pause(),
    resume: async () => session.resume(),
    cancel: async () => session.cancel('operator'),
    setLimit: async bytesPerSecond => session.setLimit(bytesPerSecond),
    answer: async answer => session.answer(answer),
    stop: by => {
      if (isUnderWay(session.record)) void session.cancel(by)
    },
  }
}

function firstRecord(
  id: string,
  request: RunRequest,
  before: { record: StoredRun; quiet: string } | undefined,
  own: { control: ControlAddress; origin: RunOrigin },
  clock: Clock,
): StoredRun {
  if (before) {
    const { record: earlier, quiet } = before
    const { stalled: _, asks: _asks, ...progress } = earlier.progress
    const again = { state: 'running', ended: null, failure: null, outcome: null, progress, ...own } as const
    const phases = phasesOnResume(earlier, quiet, clock.now())
    // Whoever stopped it before does not stop it now.
    const { cancelledBy: _by, ...rest } = earlier
    return { ...rest, ...again, phases, seq: earlier.seq + seqGap }
  }
  const started = new Date(clock.now()).toISOString()
  if (request.kind === undefined)
    throw new EngineError('internal', 'run.start', { detail: 'a new run has a kind' })
  return {
    id,
    kind: request.kind,
    state: 'running',
    about: request.about ?? '',
    started,
    ended: null,
    problems: 0,
    firstProblems: [],
    progress: { phase: 'starting', bytes: 0, total: null, files: 0 },
    phases: [{ name: 'starting', from: started }],
    failure: null,
    options: request.options ?? null,
    outcome: null,
    seq: 1,
    ...own,
  }
}

/** Interrupted, failed and cancelled runs may go on. */
function resumable(record: StoredRun): StoredRun {
  const { id: subject } = record
  if (isUnderWay(record)) {
    throw new EngineError('run.conflict', 'run.resume', {
      subject,
      detail: 'another process is working on this run',
    })
  }
  if (record.state === 'succeeded') {
    throw new EngineError('run.not-resumable', 'run.resume', {
      subject,
      detail: 'the run has already succeeded',
    })
  }
  return record
}

function fail(op: string, id: string): never {
  throw notUnderWay(op, id)
}
