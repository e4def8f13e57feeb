import type { RunRecord } from '../../../../shared/run.ts'
import { formatBytes } from '../../../../shared/units.ts'
import type { VerifyOutcome } from '../../../engine/points/verify-run.ts'
import type { CliContext } from '../context.ts'
import type { Ending } from '../ending.ts'
import { followRun, reportRun } from '../follow-run.ts'
import { withEngine } from '../session.ts'
import type { PointOptions } from './opened-point.ts'
import { openPoint } from './opened-point.ts'

export type VerifyOptions = PointOptions & { deep?: boolean; limit?: number }

export async function verify(ctx: CliContext, point: string, options: VerifyOptions): Promise<Ending> {
  return await withEngine(ctx, options, async session => {
    const opened = await openPoint(ctx, session, point, options)
    const { decryptWith } = session.given
    // Hashes are of what is stored: proving that it is whole needs no passphrase, but uses one that is there.
    const secret =
      decryptWith.passphrase !== undefined || decryptWith.identity !== undefined ? decryptWith : undefined
    const run = await session.engine.startVerify(
      {
        point: opened.point,
        server: opened.server,
        deep: options.deep === true,
        limit: options.limit ?? null,
      },
      secret,
    )
    const undecrypted = opened.manifest.encryption !== null && secret === undefined
    return await reportVerify(ctx, await followRun(ctx, run), undecrypted)
  })
}

/**
 * The end of a verification, with what it proves and what it does not.
 * @param undecrypted whether it is encrypted and was read without its secret
 */
export async function reportVerify(ctx: CliContext, record: RunRecord, undecrypted = false): Promise<Ending> {
  const outcome = record.outcome as VerifyOutcome | null
  if (!outcome) return await reportRun(ctx, record)
  const { point, server, deep, bytes, unproven } = outcome
  if (record.state === 'succeeded' && unproven !== undefined)
    await ctx.out.line(
      deep
        ? `${point} on ${server}: ${formatBytes(bytes)} were read back; a vendor’s own tool made them, so there is no hash to compare with`
        : `${point} on ${server}: its files are there; a vendor’s own tool made them, so there is nothing to compare with`,
    )
  else if (record.state === 'succeeded')
    await ctx.out.line(
      deep
        ? `${point} on ${server} is whole: ${formatBytes(bytes)} were read back, and every hash is right${undecrypted ? ' (not decrypted: that needs the passphrase or identity and was not tried)' : ''}`
        : `${point} on ${server}: its manifest and the sizes of its files are right; the content was not read (--deep does)`,
    )
  return await reportRun(ctx, record, { point, server, deep })
}
