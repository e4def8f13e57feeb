import type { DecryptWith } from '../../../engine/archive/age/key.ts'
import type { LedgerLine, RestoreOptions } from '../../../engine/restore/options.ts'
import { formatBytes } from '../../../../shared/units.ts'
import type { CliContext } from '../context.ts'
import type { Ending } from '../ending.ts'
import { done, withProblems } from '../ending.ts'
import type { Session } from '../session.ts'

type Action = LedgerLine['action']

/** Lists what a restore would do, entry by entry, and writes nothing. Entries it would refuse are a problem. */
export async function previewRestore(
  ctx: CliContext,
  session: Session,
  options: RestoreOptions,
  secret: DecryptWith | undefined,
): Promise<Ending> {
  const counts: Record<Action, number> = { create: 0, replace: 0, same: 0, leave: 0, refuse: 0, failed: 0 }
  let bytes = 0
  for await (const line of session.engine.previewRestore(options, secret, ctx.interrupts.signal)) {
    counts[line.action]++
    if (line.action === 'create' || line.action === 'replace') bytes += line.size
    await ctx.out.event('ledger', { ...line })
    await ctx.out.line(
      `${line.action.padEnd(7)}  ${pathForPeople(line)}${line.detail ? `  (${line.detail})` : ''}`,
    )
  }
  const { create, replace, same, leave, refuse, failed } = counts
  await ctx.out.line(
    `Would create ${create} and replace ${replace} (${formatBytes(bytes)}), leave ${leave} as they stand, find ${same} the same, refuse ${refuse + failed}. Nothing was written.`,
  )
  const extra = {
    point: options.point,
    server: options.server,
    dryRun: true,
    counts: { create, replace, same, leave, refuse: refuse + failed },
    bytes,
  }
  return refuse + failed > 0 ? withProblems(extra) : done(extra)
}

export const pathForPeople = (line: Pick<LedgerLine, 'path' | 'pathBase64'>): string =>
  line.path ?? Buffer.from(line.pathBase64 ?? '', 'base64').toString('utf8')
