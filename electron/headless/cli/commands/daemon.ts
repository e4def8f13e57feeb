import type { CliContext } from '../context.ts'
import type { Ending } from '../ending.ts'
import type { SecretOptions } from '../secrets.ts'
import { runDaemon } from '../../daemon/run-daemon.ts'
import { withPlans } from './plans.ts'

/** Runs plans until it is told to end. */
export async function daemon(ctx: CliContext, options: SecretOptions): Promise<Ending> {
  return await withPlans(ctx, options, plans => runDaemon(ctx, plans))
}
