import type { PlanSettings } from '../../../shared/plan.ts'
import type { Engine } from '../engine.ts'
import type { Log } from '../ports.ts'
import { applyRetention } from '../retention/index.ts'
import type { UsualSettings } from './usual-settings.ts'

/** What a plan's run has made: only called when there is a point. */
export type RunMade = {
  run: string
  point: string
  /** Where it is complete. */
  servers: readonly string[]
  signal: AbortSignal
}

/** Done after each good run of a plan. What it throws is logged; the restore point stays what it is. */
export type AfterRun = (settings: PlanSettings, made: RunMade) => Promise<void>

/** Applies the plan's retention on the servers where the run went well. @param settings asked each time: they change */
export function retentionAfterRun(
  engine: Engine,
  log: Log,
  settings: () => Promise<UsualSettings>,
): AfterRun {
  return async (plan, { servers, signal }) => {
    const { trashDays } = await settings()
    const done = await applyRetention(engine.places, plan, { servers, signal, trashDays })
    for (const { server, removed, kept } of done)
      if (removed.length > 0) log('info', 'retention', { plan: plan.name, server, removed, kept })
  }
}
