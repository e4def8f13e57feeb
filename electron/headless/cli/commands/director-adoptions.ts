import { describeFailure } from '../../../../shared/failure-copy.ts'
import { formatBytes } from '../../../../shared/units.ts'
import type { CliContext } from '../context.ts'
import type { Ending } from '../ending.ts'
import { done, withProblems } from '../ending.ts'
import { table } from '../printable.ts'
import type { SecretOptions } from '../secrets.ts'
import { withEngine } from '../session.ts'

export type DirectorAdoptionsOptions = SecretOptions

/** What was adopted, here and on the servers that answer. */
export async function directorAdoptions(
  ctx: CliContext,
  server: string | undefined,
  options: DirectorAdoptionsOptions,
): Promise<Ending> {
  const { out } = ctx
  return await withEngine(ctx, options, async ({ engine }) => {
    const found = await engine.directors.adoptions.list(server ?? null, ctx.interrupts.signal)
    const { adoptions, elsewhere, failed } = found
    for (const one of adoptions) await out.event('adoption', { ...one })
    for (const one of elsewhere) await out.event('elsewhere', { ...one })
    const rows = adoptions.map(({ point, server: of, files, at, on }) => [
      ...[point, of, String(files.length)],
      formatBytes(files.reduce((sum, { size }) => sum + size, 0)),
      ...[`${at.slice(0, 16).replace('T', ' ')} UTC`, on],
    ])
    if (rows.length > 0)
      for (const line of table(
        [['POINT', 'FILES ON', 'FILES', 'SIZE', 'ADOPTED', 'HASHES ON'], ...rows],
        new Set([2, 3]),
      ))
        await out.line(line)
    else if (failed.length === 0) out.say('Nothing was adopted.')
    for (const { on, stamp, place } of elsewhere)
      out.say(`${on} also holds the hashes of ${stamp} in ${place}, which is no server here.`)
    for (const { server: which, failure } of failed) {
      await out.event('failure', { server: which, code: failure.code })
      const { title } = describeFailure(failure, { server: which })
      out.say(ctx.masker.mask(`drydock: ${title.startsWith(which) ? '' : `${which}: `}${title}`))
    }
    const said = { adoptions: adoptions.length, elsewhere: elsewhere.length }
    return failed.length > 0 ? withProblems(said) : done(said)
  })
}
