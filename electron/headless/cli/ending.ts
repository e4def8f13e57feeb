import type { FailureCode } from '../../../shared/failure.ts'
import { exitCodeOf, exitCodes } from '../../../shared/failure.ts'
import type { RunRecord } from '../../../shared/run.ts'

/**
 * How a command ended: what the `result` line says. `done`,
 * `problems`, `interrupted` (a run whose process is gone) and `no-go` (what was checked must not be restored) are the
 * endings without a failure of their own.
 */
export type Ending = {
  code: FailureCode | 'done' | 'problems' | 'interrupted' | 'no-go'
  exit: number
  /** Further keys of the result line. */
  extra?: Record<string, unknown>
}

export const done = (extra?: Record<string, unknown>): Ending => ({
  code: 'done',
  exit: exitCodes.done,
  ...(extra ? { extra } : {}),
})

export const withProblems = (extra?: Record<string, unknown>): Ending => ({
  code: 'problems',
  exit: exitCodes.problems,
  ...(extra ? { extra } : {}),
})

/** A check said that nothing may be started. */
export const noGo = (extra?: Record<string, unknown>): Ending => ({
  code: 'no-go',
  exit: exitCodes.refused,
  ...(extra ? { extra } : {}),
})

export const failedWith = (code: FailureCode): Ending => ({ code, exit: exitCodeOf(code) })

/** The ending that a run's last record stands for. */
export function endingOfRun(
  record: Pick<RunRecord, 'state' | 'problems' | 'failure' | 'outcome'>,
  extra: Record<string, unknown> = {},
): Ending {
  // A restore goes on past what is damaged, so that the rest is saved; its end must not look like a mere nuisance.
  if (record.state === 'succeeded' && damagedIn(record.outcome) > 0)
    return { ...failedWith('data.damaged'), extra }
  if (record.state === 'succeeded') return record.problems > 0 ? withProblems(extra) : done(extra)
  if (record.state === 'cancelled') return { ...failedWith('cancelled'), extra }
  if (record.state === 'interrupted') return { code: 'interrupted', exit: exitCodes.failed, extra }
  return { ...failedWith(record.failure?.code ?? 'internal'), extra }
}

/** How many files of a restore were damaged on the server; 0 for runs of other kinds. */
export function damagedIn(outcome: unknown): number {
  const { counts } = (outcome ?? {}) as { counts?: { damaged?: unknown } }
  return typeof counts?.damaged === 'number' ? counts.damaged : 0
}
