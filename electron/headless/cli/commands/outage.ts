import type { Outage } from '../../../../shared/contract/plan.ts'
import { formatSeconds } from '../../../../shared/units.ts'
import type { CliContext } from '../context.ts'
import type { Ending } from '../ending.ts'
import { done } from '../ending.ts'

// An outage is a file: declaring one must not wait for an engine, a vault or a server.
async function bookOf(ctx: CliContext) {
  const { OutageBook, SystemBook } = await import('../../../engine/schedule/index.ts')
  const { systemClock } = await import('../../../engine/ports.ts')
  return new OutageBook(ctx.home, { clock: systemClock, systems: new SystemBook(ctx.home) })
}

export async function outageDeclare(ctx: CliContext, note: string | undefined): Promise<Ending> {
  const outage = await (await bookOf(ctx)).declare(note ?? '')
  await say(ctx, outage)
  return done()
}

export async function outageShow(ctx: CliContext): Promise<Ending> {
  await say(ctx, await (await bookOf(ctx)).get())
  return done()
}

export async function outageEnd(ctx: CliContext): Promise<Ending> {
  const { declared, ended, note, by } = await (await bookOf(ctx)).end()
  await ctx.out.event('outage', { declared, ended, note, by })
  await ctx.out.line(`The outage is over. It lasted ${formatSeconds(secondsBetween(declared, ended))}.`)
  return done()
}

async function say({ out }: CliContext, outage: Outage | null): Promise<void> {
  await out.event('outage', outage ?? { declared: null })
  if (!outage) return await out.line('No outage is declared.')
  const { declared, by, note, recoveryTarget } = outage
  const passed = secondsBetween(declared, new Date().toISOString())
  const target = recoveryTarget === null ? '' : ` of ${formatSeconds(recoveryTarget * 60)}`
  await out.line(
    `Outage declared by ${by} at ${declared}${note === '' ? '' : `: ${note}`}. Recovery clock: ${formatSeconds(passed)}${target}`,
  )
}

const secondsBetween = (from: string, to: string): number =>
  Math.max(0, (Date.parse(to) - Date.parse(from)) / 1000)
