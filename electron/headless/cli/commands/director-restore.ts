import type { CliContext } from '../context.ts'
import { confirmedHosts } from '../confirm-hosts.ts'
import { followDirector } from '../director-follow.ts'
import type { Ending } from '../ending.ts'
import { noGo } from '../ending.ts'
import { withEngine } from '../session.ts'
import type { DirectorPreflightOptions } from './director-preflight.ts'
import { preflightFields, requestFor, showPreflight } from './director-preflight.ts'

export type DirectorRestoreOptions = DirectorPreflightOptions & { confirm?: string[] }

/**
 * Preflight, the names of the hosts that are erased, and the vendor's script, live. Nothing on a host changes before
 * the names are there. The script runs on when this command ends.
 */
export async function directorRestore(
  ctx: CliContext,
  where: string,
  options: DirectorRestoreOptions,
): Promise<Ending> {
  return await withEngine(ctx, options, async session => {
    const request = await requestFor(ctx, session, where, options)
    const preflight = await showPreflight(ctx, session, request)
    if (preflight.verdict === 'NO-GO') return noGo(preflightFields(request, preflight))
    const typed = await confirmedHosts(session, preflight.confirm, {
      given: options.confirm ?? [],
      what: 'every host that is erased',
      question: name => `The Director on ${name} is erased and restored.`,
    })
    const { token } = preflight
    const run = await session.engine.directors.start(request, { token, typed }, ctx.interrupts.signal)
    ctx.out.say(`Run ${run.id}: ${run.record.about}`)
    return await followDirector(ctx, session, { run, own: run })
  })
}
