import type { PlanSettings } from '../../../shared/plan.ts'
import type { Log } from '../ports.ts'
import { runHook } from './run-hook.ts'

/** Notes that a run is overdue, and tells the plan's hook of it. @param why.since ms since 1970 UTC */
export async function tellOverdue(
  { name, after }: PlanSettings,
  { since, reason }: { since: number; reason: string },
  log: Log,
  signal: AbortSignal,
): Promise<void> {
  const due = new Date(since).toISOString()
  log('warn', 'a run is overdue', { plan: name, due, reason })
  if (!after) return
  const say = (line: string) => log('info', 'hook after an overdue run', { plan: name, line })
  const facts = { plan: name, outcome: 'overdue', reason: `should have run at ${due}: ${reason}` } as const
  const ended = await runHook(after, facts, { say, env: process.env, signal })
  if (!ended.ok) log('warn', 'the hook after an overdue run failed', { plan: name, detail: ended.detail })
}
