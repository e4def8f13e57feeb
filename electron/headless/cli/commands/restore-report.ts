import { planLines } from '../../../engine/restore/plan-file.ts'
import { pathFromFields, rawToDisplay } from '../../../engine/archive/raw-path.ts'
import type { LedgerLine, RestoreOutcome } from '../../../engine/restore/options.ts'
import type { RunRecord } from '../../../../shared/run.ts'
import { formatBytes } from '../../../../shared/units.ts'
import type { CliContext } from '../context.ts'
import type { Ending } from '../ending.ts'
import { reportRun } from '../follow-run.ts'
import { pathForPeople } from './restore-preview.ts'

/** So many entries that were not restored are shown; the ledger has them all. */
const shown = 20

/** The end of a restore: the ledger's totals, the first failures, and where the whole ledger is. */
export async function reportRestore(ctx: CliContext, record: RunRecord): Promise<Ending> {
  const outcome = record.outcome as RestoreOutcome | null
  if (!outcome) return await reportRun(ctx, record)
  const { out } = ctx
  const { point, server, target, counts, ledger } = outcome
  await out.event('restored', { point, server, target, counts, ledger })
  await out.line(
    `${point} from ${server} into ${target}: ${counts.created} created, ${counts.replaced} replaced, ${counts.same} the same, ${counts.left} left, ${counts.refused} refused, ${counts.failed} failed${counts.damaged > 0 ? ` (${counts.damaged} of them damaged on ${server})` : ''}`,
  )
  await out.line(`${counts.files} files, ${formatBytes(counts.bytes)} written and checked`)
  if (!out.json && counts.left + counts.refused + counts.failed > 0) await showUnrestored(ctx, ledger, record)
  await out.line(`The whole ledger: ${ledger}`)
  return await reportRun(ctx, record, { point, server, target, ledger })
}

/** What was left as it stands, and what failed unless the run's problems, shown after, name it. */
async function showUnrestored(ctx: CliContext, ledger: string, record: RunRecord): Promise<void> {
  const named = new Set(record.firstProblems.map(({ subject }) => subject))
  const isNamed = (line: LedgerLine) => named.has(rawToDisplay(pathFromFields(line)))
  let count = 0
  try {
    for await (const text of planLines(ledger)) {
      const line = JSON.parse(text) as LedgerLine
      if (line.action !== 'leave' && line.action !== 'refuse' && line.action !== 'failed') continue
      if (line.action !== 'leave' && isNamed(line)) continue
      if (++count > shown) break
      await ctx.out.line(
        `  ${line.action.padEnd(7)} ${pathForPeople(line)}${line.detail ? `: ${line.detail}` : ''}`,
      )
    }
  } catch (err) {
    // The totals stand; a ledger that cannot be read is told and hides nothing.
    ctx.out.say(`The ledger cannot be read: ${err instanceof Error ? err.message : String(err)}`)
  }
  if (count > shown) await ctx.out.line('  … more in the ledger')
}
