import type { RunRecord } from '../../../../shared/run.ts'
import type { DecryptWith } from '../../../engine/archive/age/key.ts'
import { attachRun, isUnderWay } from '../../../engine/run/index.ts'
import type { CliContext } from '../context.ts'
import type { Ending } from '../ending.ts'
import { done } from '../ending.ts'
import { followRun, reportRun, runFields } from '../follow-run.ts'
import { ask } from '../prompt.ts'
import type { SecretOptions } from '../secrets.ts'
import type { Session } from '../session.ts'
import { withEngine } from '../session.ts'
import { reportBackup } from './backup.ts'
import { reportCopy } from './copy.ts'
import { reportAdoption } from './director-adopt.ts'
import { reportDirectorBackup } from './director-backup.ts'
import { reportRestore } from './restore-report.ts'
import { reportVerify } from './verify.ts'

/** Lets a paused run go on where it lives; takes one that broke off up in this process, with live progress. */
export async function runsResume(ctx: CliContext, id: string, options: SecretOptions): Promise<Ending> {
  return await withEngine(ctx, options, async session => {
    const { runs } = session.engine
    const record = await runs.get(id)
    if (isUnderWay(record)) {
      await attachRun(runs, record).resume()
      const now = await runs.get(record.id)
      await ctx.out.event('run', runFields(now))
      await ctx.out.line(`${record.id} goes on; drydock runs watch ${record.id} follows it`)
      return done({ run: record.id })
    }
    return await reportOf(ctx, await takeUp(ctx, session, record.id))
  })
}

/** Takes it up; when it ends for want of a secret and a person is there, asks once and takes it up again. */
async function takeUp(ctx: CliContext, session: Session, id: string): Promise<RunRecord> {
  const { decryptWith } = session.given
  const given =
    decryptWith.passphrase !== undefined || decryptWith.identity !== undefined ? decryptWith : undefined
  const ended = await followRun(ctx, await session.engine.resume(id, given))
  if (ended.failure?.code !== 'auth.secret-missing' || given || !session.mayAsk) return ended
  const typed = await ask('Passphrase or identity (AGE-SECRET-KEY-1…) of the restore point:', {
    hidden: true,
  })
  const secret: DecryptWith = /^AGE-SECRET-KEY-1/i.test(typed.trim())
    ? { identity: typed.trim() }
    : { passphrase: typed }
  ctx.masker.learn(secret)
  return await followRun(ctx, await session.engine.resume(id, secret))
}

function reportOf(ctx: CliContext, record: RunRecord): Promise<Ending> {
  switch (record.kind) {
    case 'backup':
      return reportBackup(ctx, record)
    case 'director-backup':
      return reportDirectorBackup(ctx, record)
    case 'director-adopt':
      return reportAdoption(ctx, record)
    case 'restore':
      return reportRestore(ctx, record)
    case 'verify':
      return reportVerify(ctx, record)
    case 'copy':
      return reportCopy(ctx, record)
    default:
      return reportRun(ctx, record)
  }
}
