import type { RunRecord } from '../../../../shared/run.ts'
import { EngineError } from '../../../engine/engine-error.ts'
import type { CliContext } from '../context.ts'
import type { Ending } from '../ending.ts'
import { followRun, reportRun } from '../follow-run.ts'
import type { SecretOptions } from '../secrets.ts'
import { withEngine } from '../session.ts'
import { openPoint } from './opened-point.ts'

export type CopyOptions = SecretOptions & { from: string; to: string; limit?: number }

export async function copy(ctx: CliContext, point: string, options: CopyOptions): Promise<Ending> {
  const { from, to, limit } = options
  if (from === to)
    throw new EngineError('input.invalid', 'copy.start', { detail: '--from and --to are the same server' })
  return await withEngine(ctx, options, async session => {
    await session.engine.servers.get(to)
    const opened = await openPoint(ctx, session, point, { server: from })
    const run = await session.engine.startCopy({ point: opened.point, from, to, limit: limit ?? null })
    return await reportCopy(ctx, await followRun(ctx, run), opened.point)
  })
}

export async function reportCopy(ctx: CliContext, record: RunRecord, point?: string): Promise<Ending> {
  if (record.state === 'succeeded') await ctx.out.line(`Copied: ${record.about}`)
  return await reportRun(ctx, record, point === undefined ? {} : { point })
}
