import type { CliContext } from '../context.ts'
import type { Ending } from '../ending.ts'
import { done } from '../ending.ts'
import type { SecretOptions } from '../secrets.ts'
import { withEngine } from '../session.ts'
import { aboutServer } from './about-server.ts'
import { showReport, stopOn } from './try-server.ts'

/** Tries out what a server can do, and keeps what was learned with it. */
export async function serverTest(ctx: CliContext, name: string, options: SecretOptions): Promise<Ending> {
  return await withEngine(ctx, options, async ({ engine }) => {
    ctx.around.server = name
    const record = await engine.servers.get(name)
    await ctx.out.line(`${name}: ${aboutServer(record)}`)
    const report = await engine.servers.test(name, ctx.interrupts.signal)
    await showReport(ctx, report)
    stopOn(report, name)
    return done({ server: name })
  })
}
