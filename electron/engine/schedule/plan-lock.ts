import { readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { EngineError } from '../engine-error.ts'
import type { Lock } from '../state/lock-file.ts'
import { acquireLock, isLocked } from '../state/lock-file.ts'
import { makeFolders } from '../state/make-folders.ts'

/** The right to run a plan: one run of a plan at a time, whichever process it is in. */
export type PlanLock = Lock & {
  /** Tells others which run has it. */
  note(runId: string): Promise<void>
}

const pathOf = (home: string, plan: string): string => join(home, 'plan-locks', plan)

/** @throws EngineError `run.conflict` while a run of the plan goes on */
export async function lockPlan(home: string, plan: string): Promise<PlanLock> {
  makeFolders(join(home, 'plan-locks'), 0o700)
  const path = pathOf(home, plan)
  const lock = await acquireLock(path, { subject: plan }).catch((err: unknown) => {
    if (!(err instanceof EngineError) || err.code !== 'run.conflict') throw err
    throw new EngineError('run.conflict', 'plan.run', { subject: plan, detail: 'a run of this plan goes on' })
  })
  return {
    release: () => lock.release(),
    // What another process shows; a disk that is full is no reason to stop a run for it.
    note: runId => writeFile(`${path}.run`, runId, { mode: 0o600 }).catch(() => {}),
  }
}

/** Whether a run of the plan goes on, in any process. */
export async function isPlanRunning(home: string, plan: string): Promise<boolean> {
  return await isLocked(pathOf(home, plan)).catch(() => false)
}

/** The id of the run of a plan that goes on; null when none does. */
export async function runOfPlan(home: string, plan: string): Promise<string | null> {
  if (!(await isPlanRunning(home, plan))) return null
  const id = await readFile(`${pathOf(home, plan)}.run`, 'utf8').catch(() => '')
  return id === '' ? null : id
}
