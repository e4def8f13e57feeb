import { createHash } from 'node:crypto'
import type { PlanInfo } from '../../../shared/contract/plan.ts'
import type { PlanSettings } from '../../../shared/plan.ts'
import { nextRuns, scheduleWords } from '../../../shared/schedule/index.ts'
import { EngineError } from '../engine-error.ts'
import type { RunRegistry } from '../run/index.ts'
import type { HolderInfo } from './holder.ts'
import { overdueOf } from './overdue.ts'
import { runOfPlan } from './plan-lock.ts'
import type { PlanRecord } from './plan-record.ts'

type Around = {
  /** The state folder. */
  home: string
  runs: RunRegistry
  /** ms since 1970 UTC. */
  now: number
  holder: HolderInfo['who']
}

/** A plan as it is shown. */
export async function planInfoOf(record: PlanRecord, { home, runs, now, holder }: Around): Promise<PlanInfo> {
  const { settings, state, created, account, lastRun } = record
  const overdue = overdueOf(record, now, holder)
  const last = lastRun === null ? null : await runs.get(lastRun).catch(() => null)
  return {
    settings,
    revision: revisionOf(settings),
    state,
    created,
    running: await runOfPlan(home, settings.name),
    words: scheduleWords(settings.schedule),
    next: state === 'scheduled' ? nextRuns(settings.schedule, settings.zone, now) : [],
    last: last && { runId: last.id, started: last.started, state: last.state, problems: last.problems },
    missed: account.missed,
    overdue: overdue && { since: new Date(overdue.since).toISOString(), reason: overdue.reason },
  }
}

/** Settings that are the same have the same one; being started or stopped is no change of them. */
const revisionOf = (settings: PlanSettings): string =>
  createHash('sha256').update(JSON.stringify(settings)).digest('hex').slice(0, 16)

/** @throws EngineError `run.conflict` when the plan is no longer the one that a change was made from */
export function refuseStale({ settings }: PlanRecord, revision: string | undefined): void {
  if (revision === undefined || revision === revisionOf(settings)) return
  throw new EngineError('run.conflict', 'plan.save', {
    subject: settings.name,
    detail: 'it was changed elsewhere after this page was opened',
  })
}
