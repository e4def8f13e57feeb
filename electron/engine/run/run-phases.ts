import { stat } from 'node:fs/promises'
import { hostname, userInfo } from 'node:os'
import { join } from 'node:path'
import type { PhaseStart, RunOrigin } from '../../../shared/run.ts'
import type { StoredRun } from './stored-run.ts'

/** A run that is taken up again and again keeps its first phase and so many of the newest. */
const mostPhases = 200

/** How the time is called in which no process worked on a run. */
export const notWorkedOn = 'not worked on'

/** `phases` with one that begins now; the same list while the phase goes on. */
export function withPhase(phases: readonly PhaseStart[], name: string, now: number): PhaseStart[] {
  if (phases.at(-1)?.name === name) return [...phases]
  const next = [...phases, { name, from: new Date(now).toISOString() }]
  return next.length > mostPhases ? [...next.slice(0, 1), ...next.slice(1 - mostPhases)] : next
}

/** The phases of a run that is taken up again. @param quiet since when nobody worked on it, ISO 8601 UTC */
export function phasesOnResume(earlier: StoredRun, quiet: string, now: number): PhaseStart[] {
  const before = earlier.phases ?? [{ name: 'starting', from: earlier.started }]
  return withPhase(withPhase(before, notWorkedOn, Date.parse(quiet)), 'starting', now)
}

/**
 * The last time a run without an end wrote anything, ISO 8601 UTC: a process that is killed cannot say when. Up to 2 s
 * before it was killed; never before the run's newest phase began.
 */
export async function lastSign(folder: string, record: StoredRun): Promise<string> {
  const times = await Promise.all(
    ['run.json', 'journal.jsonl', 'log.txt'].map(name =>
      stat(join(folder, name)).then(
        ({ mtimeMs }) => mtimeMs,
        () => 0,
      ),
    ),
  )
  const known = Date.parse(record.phases?.at(-1)?.from ?? record.started)
  return new Date(Math.max(known, ...times)).toISOString()
}

export function originOf(version: string): RunOrigin {
  return { user: userName(), host: hostname(), version }
}

/** The system may have no name for a number, as in many containers. */
function userName(): string {
  try {
    return userInfo().username
  } catch {
    return String(process.getuid?.() ?? 'unknown')
  }
}
