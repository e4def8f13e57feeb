import { z } from 'zod'
import type { Failure } from '../../../shared/failure.ts'
import { describeFailure } from '../../../shared/failure-copy.ts'
import type { Hook } from '../../../shared/plan.ts'
import { backupOptions } from '../backup/options.ts'
import { EngineError, toFailure } from '../engine-error.ts'
import type { ActiveRun, StartedRun } from '../run/index.ts'
import { RunCancelled } from '../run/index.ts'
import { lockPlan } from './plan-lock.ts'
import type { HookFacts } from './run-hook.ts'
import { runHook } from './run-hook.ts'

type Body = (run: ActiveRun) => Promise<{ outcome: unknown }>

/** A process that is to end does not wait longer than this for an after-hook, ms. */
const shutdownHookMs = 15_000
/** How long a run may take to clean up after a cancel, ms; one of a plan has the time of its after-hook besides. */
export const usualCleanupMs = 30_000

const { plan, ofPlan } = backupOptions.shape
const planned = z.object({ plan, ofPlan })

/**
 * Starts or resumes a run. For a backup of a plan: holds the plan's lock while it goes on and calls the hooks before
 * and after, each time the run is taken up anew. @param options the run's; of whatever kind it is
 * @throws EngineError `run.conflict` while another run of the plan goes on
 */
export async function startPlanned(
  home: string,
  options: unknown,
  body: Body,
  start: (body: Body, cleanupMs: number) => Promise<StartedRun>,
): Promise<StartedRun> {
  const { plan, ofPlan } = planned.safeParse(options).data ?? {}
  if (plan === undefined || !ofPlan) return await start(body, usualCleanupMs)
  const lock = await lockPlan(home, plan)
  const around: Body = async run => {
    try {
      await lock.note(run.id)
      return await withHooks(run, plan, ofPlan, () => body(run))
    } finally {
      await lock.release()
    }
  }
  try {
    return await start(around, usualCleanupMs + (ofPlan.after?.timeout ?? 0) * 1000)
  } catch (err) {
    await lock.release()
    throw err
  }
}

async function withHooks(
  run: ActiveRun,
  plan: string,
  { before, after }: { before: Hook | null; after: Hook | null },
  work: () => Promise<{ outcome: unknown }>,
): Promise<{ outcome: unknown }> {
  const call = async (
    which: 'before' | 'after',
    hook: Hook,
    facts: HookFacts,
    rest: { signal?: AbortSignal; timeoutMs?: number },
  ) => {
    run.log(`hook ${which}: begins`)
    const ended = await runHook(hook, facts, {
      ...rest,
      env: process.env,
      say: line => run.log(`hook ${which}: ${line}`),
    })
    run.log(`hook ${which}: ${ended.ok ? 'done' : ended.detail}`)
    return ended
  }
  const ends = async (facts: HookFacts) => {
    if (!after) return
    const { reason } = run.signal as { reason: unknown }
    const shutdown = reason instanceof RunCancelled && reason.by === 'shutdown'
    const timeoutMs = Math.min(after.timeout * 1000, shutdown ? shutdownHookMs : Infinity)
    const ended = await call('after', after, { ...facts, run: run.id }, { timeoutMs })
    if (ended.ok) return
    const detail = `the hook after the run ${ended.detail}`
    if (after.onError === 'fail') run.problem({ code: 'hook.failed', subject: plan, detail })
  }
  let result: { outcome: unknown }
  try {
    if (before) {
      run.progress({ phase: 'hook before' })
      const ended = await call('before', before, { plan, run: run.id }, { signal: run.signal })
      run.signal.throwIfAborted()
      if (!ended.ok && before.onError === 'fail')
        throw new EngineError('local.command', 'plan.before', {
          subject: plan,
          detail: `the hook before the run ${ended.detail}, so nothing was backed up`,
        })
    }
    result = await work()
  } catch (err) {
    const cancelled = run.signal.aborted
    const failure = toFailure(cancelled ? run.signal.reason : err, 'plan.run')
    await ends({ plan, outcome: cancelled ? 'cancelled' : 'failed', reason: reasonOf(failure) })
    throw err
  }
  if (after) run.progress({ phase: 'hook after' })
  const { point } = (result.outcome ?? {}) as { point?: unknown }
  await ends({
    plan,
    outcome: run.record.problems > 0 ? 'problems' : 'succeeded',
    ...(typeof point === 'string' ? { point } : {}),
  })
  return result
}

/** A failure as one sentence, without a full stop. */
export const reasonOf = (failure: Failure): string =>
  failure.code === 'auth.vault-locked' ? 'the vault is locked' : describeFailure(failure).title
