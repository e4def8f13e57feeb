import type { RunRecord } from '../../../../shared/run.ts'
import { formatBytes } from '../../../../shared/units.ts'
import type { AdoptOutcome } from '../../../engine/system/director/adopt/index.ts'
import type { CliContext } from '../context.ts'
import { invalid } from '../declare/declaring.ts'
import type { Ending } from '../ending.ts'
import { followRun, reportRun } from '../follow-run.ts'
import type { SecretOptions } from '../secrets.ts'
import { withEngine } from '../session.ts'

export type DirectorAdoptOptions = SecretOptions & { on: string }

/** Reads a vendor's files back and keeps their hashes on another server. */
export async function directorAdopt(
  ctx: CliContext,
  server: string,
  given: string,
  options: DirectorAdoptOptions,
): Promise<Ending> {
  // As `drydock points` shows it, or as the files carry it.
  const stamp = given.replace(/^vendor@/, '')
  if (!/^\d{8}T\d{6}Z?$/.test(stamp))
    throw invalid('<stamp>: YYYYMMDDThhmmss is expected, as drydock points shows it', given)
  return await withEngine(ctx, options, async ({ engine }) => {
    const run = await engine.directors.adoptions.start({ server, stamp, on: options.on })
    return await reportAdoption(ctx, await followRun(ctx, run))
  })
}

/** The end of an adoption: its hashes, and where they are kept. */
export async function reportAdoption(ctx: CliContext, record: RunRecord): Promise<Ending> {
  const outcome = record.outcome as AdoptOutcome | null
  if (record.state !== 'succeeded' || !outcome) return await reportRun(ctx, record)
  const { point, server, on, object, already, files } = outcome
  await ctx.out.event('adoption', { ...outcome })
  for (const { name, size, sha256 } of files)
    await ctx.out.line(`  ${name}, ${formatBytes(size)}, SHA-256 ${sha256}`)
  await ctx.out.line(
    already
      ? `${point} on ${server} was adopted before, with the same hashes: ${object} on ${on}`
      : `${point} on ${server} is adopted: its hashes are in ${object} on ${on}`,
  )
  ctx.out.say(
    `From now on drydock verify ${point} --deep compares with them, and so does a Director restore.`,
  )
  return await reportRun(ctx, record, { point, server, on, object, already })
}
