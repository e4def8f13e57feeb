import type { RunRecord } from '../../../../shared/run.ts'
import { formatBytes } from '../../../../shared/units.ts'
import type { DecryptWith } from '../../../engine/archive/age/key.ts'
import type { OpenedPoint } from '../../../engine/points/point.ts'
import type { VerifyOutcome } from '../../../engine/points/verify-run.ts'
import type { CliContext } from '../context.ts'
import type { Ending } from '../ending.ts'
import { followRun, reportRun } from '../follow-run.ts'
import { ask } from '../prompt.ts'
import type { Session } from '../session.ts'
import { withEngine } from '../session.ts'
import type { PointOptions } from './opened-point.ts'
import { openPoint } from './opened-point.ts'

export type VerifyOptions = PointOptions & { deep?: boolean; limit?: number }

export async function verify(ctx: CliContext, point: string, options: VerifyOptions): Promise<Ending> {
  return await withEngine(ctx, options, async session => {
    const opened = await openPoint(ctx, session, point, options)
    const deep = options.deep === true
    const secret = deep ? await secretIfAny(ctx, session, opened) : undefined
    const run = await session.engine.startVerify(
      {
        point: opened.point,
        server: opened.server,
        deep,
        limit: options.limit ?? null,
      },
      secret,
    )
    return await reportVerify(ctx, await followRun(ctx, run))
  })
}

/** What proves that it decrypts as well: it came with the command or is typed; nobody has to. */
async function secretIfAny(
  ctx: CliContext,
  { given: { decryptWith }, mayAsk }: Session,
  { manifest: { encryption }, point }: OpenedPoint,
): Promise<DecryptWith | undefined> {
  if (decryptWith.passphrase !== undefined || decryptWith.identity !== undefined) return decryptWith
  if (!encryption || !mayAsk) return undefined
  const what = encryption.to === 'passphrase' ? 'Passphrase' : 'Identity (AGE-SECRET-KEY-1…)'
  const typed = await ask(`${what} of ${point}, to prove that it decrypts (empty: go on without):`, {
    hidden: true,
  })
  if (typed === '') return undefined
  ctx.masker.learn(typed)
  return encryption.to === 'passphrase' ? { passphrase: typed } : { identity: typed }
}

/** The end of a verification, with what it proves and what it does not. */
export async function reportVerify(ctx: CliContext, record: RunRecord): Promise<Ending> {
  const outcome = record.outcome as VerifyOutcome | null
  if (!outcome) return await reportRun(ctx, record)
  const { point, server, deep, bytes, hashes, decrypted, unproven, adopted } = outcome
  // Only what has no hashes of its own gets some.
  if (record.state === 'succeeded' && adopted !== undefined)
    await ctx.out.line(
      deep
        ? `${point} on ${server} is as it was adopted on ${adopted.at.slice(0, 10)}: ${formatBytes(bytes)} were read back, and every hash kept on ${adopted.on} is right`
        : `${point} on ${server}: its files have the sizes they were adopted with on ${adopted.at.slice(0, 10)}; the content was not read (--deep does)`,
    )
  else if (record.state === 'succeeded' && hashes !== undefined)
    await ctx.out.line(
      deep
        ? `${point} on ${server}: ${formatBytes(bytes)} were read back; a vendor’s own tool made them, so there is no hash to compare with`
        : `${point} on ${server}: its files are there; a vendor’s own tool made them, so there is nothing to compare with`,
    )
  else if (record.state === 'succeeded')
    await ctx.out.line(
      deep
        ? `${point} on ${server} is whole: ${formatBytes(bytes)} were read back, and every hash is right${decrypted === true ? '; all of it decrypts' : ''}`
        : `${point} on ${server}: its manifest and the sizes of its files are right; the content was not read (--deep does)`,
    )
  const told = hashes === undefined || adopted !== undefined
  if (record.state === 'succeeded' && told && unproven !== undefined)
    await ctx.out.line(`Not proven: ${unproven}.`)
  const said = { ...(decrypted === undefined ? {} : { decrypted }), ...(adopted ? { adopted } : {}) }
  return await reportRun(ctx, record, { point, server, deep, ...said })
}
