import { hostname } from 'node:os'
import type { Deployment } from '../../../../../shared/director.ts'
import { toFailure } from '../../../engine-error.ts'
import type { Clock } from '../../../ports.ts'
import type { ActiveRun } from '../../../run/index.ts'
import { commandsOf } from '../components/index.ts'
import type { Host } from '../host/host.ts'
import { BackupLock, nameOf } from './backup-lock.ts'
import type { LockNote, TakeLock } from './backup-lock.ts'
import type { DirectorBackupOptions } from './options.ts'

type TurnDeps = { options: DirectorBackupOptions; clock: Clock }

const during = 'director.backup'
/** Longest that a run waits for another, ms. */
const longestWaitMs = 24 * 3_600_000
/** A run waits as long as so many of the longest component take. */
const patience = 5
/** Longest that taking a lost lock again may take, ms. */
const retakeMs = 60_000

/** The lock, where there can be one; and whom this run waited for, since when (ms since 1970 UTC). */
export type Turn = { lock: BackupLock | null; others: LockNote[]; began: number }

/** Waits until no other run backs this Director up; a cancel ends that at once. @throws as `BackupLock.take` */
export async function takeTurn(
  deps: TurnDeps,
  run: ActiveRun,
  { host, deployment }: { host: Host; deployment: Deployment },
): Promise<Turn> {
  const { clock } = deps
  const began = clock.now()
  const others: LockNote[] = []
  const waiting = (other: LockNote | null) => {
    if (other) others.push(other)
    const since = other ? ` since ${sinceWords(other.since, clock.now())}` : ''
    const text = `${nameOf(other)} goes on${since}; this one waits for it`
    run.log(text)
    run.progress({ phase: 'waiting', stalled: text })
  }
  const longest = Math.max(...Object.values(commandsOf(deployment.commands)).map(one => one.longest))
  const patienceMs = Math.min(longestWaitMs, patience * longest * 1000)
  const lock = await takeLock(deps, run, host, { signal: run.signal, waiting, patienceMs })
  if (run.record.progress.phase === 'waiting') run.log('its turn has come')
  run.progress({ stalled: null })
  return { lock, others, began }
}

async function takeLock(
  { options, clock }: TurnDeps,
  run: ActiveRun,
  host: Host,
  rest: Pick<TakeLock, 'signal' | 'waiting' | 'patienceMs'>,
): Promise<BackupLock | null> {
  const { user = '', host: machine = hostname() } = run.record.origin ?? {}
  const since = new Date(clock.now()).toISOString()
  const note = { who: `${user}@${machine}`, run: run.id, plan: options.plan, since }
  const without = (why: string) =>
    run.log(`no lock can be held on the Director (${why}): another run is not kept away`)
  return await BackupLock.take(host, { ...rest, note }, without)
}

/** Whether the lock was lost and another run has it now, in words; else it is taken again. */
export async function othersTurn(
  deps: TurnDeps,
  run: ActiveRun,
  { host, turn }: { host: Host; turn: Turn },
): Promise<string | null> {
  const lost = turn.lock?.lost ?? null
  if (lost === null) return null
  run.log(`the lock on the Director was lost: ${lost}`)
  const busy = new AbortController()
  let holder: LockNote | null = null
  const waiting = (other: LockNote | null) => {
    holder = other
    busy.abort()
  }
  const signal = AbortSignal.any([run.signal, busy.signal])
  try {
    turn.lock = await takeLock(deps, run, host, { signal, waiting, patienceMs: retakeMs })
    return null
  } catch (err) {
    run.signal.throwIfAborted()
    if (busy.signal.aborted)
      return `the connection to the Director was lost for a time, and ${nameOf(holder)} has begun meanwhile: it replaces the copies itself`
    run.log(`it could not be taken again: ${toFailure(err, during).code}`)
    return null
  }
}

/** `02:30 UTC`; with the day when that was long ago. */
function sinceWords(since: string, now: number): string {
  const day = now - Date.parse(since) < 20 * 3_600_000 ? '' : `${since.slice(0, 10)} `
  return `${day}${since.slice(11, 16)} UTC`
}
