import type { SnapshotRepository } from '../../../../shared/contract/site.ts'
import { formatBytes } from '../../../../shared/units.ts'
import { systemClock } from '../../../engine/ports.ts'
import { lookAtSnapshots } from '../../../engine/system/director/snapshots/index.ts'
import type { CliContext } from '../context.ts'
import type { Ending } from '../ending.ts'
import { done } from '../ending.ts'
import { printable, table } from '../printable.ts'
import type { SecretOptions } from '../secrets.ts'
import { withEngine } from '../session.ts'

export type DirectorSnapshotsOptions = SecretOptions

/** Snapshots of one repository that are printed; `--json` has them all. */
const mostShown = 40

/** What lies in the vendor's snapshot repositories on a server. Lists, and reads the two small index objects of each. */
export async function directorSnapshots(
  ctx: CliContext,
  server: string,
  options: DirectorSnapshotsOptions,
): Promise<Ending> {
  const { out } = ctx
  return await withEngine(ctx, options, async ({ engine }) => {
    await engine.servers.get(server)
    const store = await engine.servers.open(server)
    const found = await lookAtSnapshots(store, { clock: systemClock }, ctx.interrupts.signal)
    for (const repository of found.repositories) {
      await out.event('repository', repository)
      for (const line of linesOf(repository)) await out.line(line)
    }
    for (const note of found.notes) await out.event('note', note)
    for (const { tone, text } of found.notes) await out.line(printable(tone === 'tell' ? text : `! ${text}`))
    const folders = found.repositories.map(({ folder }) => folder)
    return done({ server, asked: found.asked, repositories: folders })
  })
}

function linesOf(repository: SnapshotRepository): string[] {
  const { folder, generation, snapshots, weeks, objects, bytes, days } = repository
  const rest = snapshots.length - mostShown
  return [
    `${folder}/: ${snapshots.length} ${snapshots.length === 1 ? 'snapshot' : 'snapshots'} of ${days.length} ${days.length === 1 ? 'day' : 'days'}, ${objects} objects, ${formatBytes(bytes)}${generation === null ? '' : ` (index-${generation})`}`,
    ...(snapshots.length === 0
      ? []
      : table(
          [
            ['  SNAPSHOT', 'WRITTEN (UTC)', 'STATE', 'INDICES'],
            ...snapshots
              .slice(0, mostShown)
              .map(({ name, at, state, indices }) => [
                `  ${printable(name)}`,
                at === null ? 'not told' : at.slice(0, 16).replace('T', ' '),
                state ?? 'not told',
                String(indices),
              ]),
          ],
          new Set([3]),
        )),
    ...(rest > 0 ? [`  and ${rest} more: --json has them all`] : []),
    ...weeks.map(({ week, from, days: there }) => `  week ${week} (from ${from}): ${there} of 7 days`),
  ]
}
