import { systemClock } from '../../../engine/ports.ts'
import { pruneDaily } from '../../../engine/run/index.ts'
import { SettingsBook } from '../../../engine/service/settings-book.ts'
import type { CliContext } from '../context.ts'
import type { Ending } from '../ending.ts'
import type { SecretOptions } from '../secrets.ts'
import { runDaemon } from '../../daemon/run-daemon.ts'
import { withPlans } from './plans.ts'

/** Runs plans until it is told to end. */
export async function daemon(ctx: CliContext, options: SecretOptions): Promise<Ending> {
  return await withPlans(ctx, options, async (plans, { engine, log }) => {
    const days = async () => (await new SettingsBook(ctx.home).read()).runDays
    const endPruning = pruneDaily(engine.runs, { days, clock: systemClock, log })
    try {
      return await runDaemon(ctx, plans)
    } finally {
      await endPruning()
    }
  })
}
