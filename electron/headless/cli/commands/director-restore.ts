import type { CliContext } from '../context.ts'
import { invalid } from '../declare/declaring.ts'
import { followDirector } from '../director-follow.ts'
import type { Ending } from '../ending.ts'
import { noGo } from '../ending.ts'
import { ask } from '../prompt.ts'
import type { Session } from '../session.ts'
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
    const typed = await confirmed(session, preflight.confirm, options.confirm ?? [])
    const { token } = preflight
    const run = await session.engine.directors.start(request, { token, typed }, ctx.interrupts.signal)
    ctx.out.say(`Run ${run.id}: ${run.record.about}`)
    return await followDirector(ctx, session, { run, own: run })
  })
}

/** The names of the hosts that are erased, given with the command or typed now; in the preflight's order. */
async function confirmed(
  { mayAsk }: Session,
  names: readonly string[],
  given: readonly string[],
): Promise<string[]> {
  const wrong = given.find(name => !names.includes(name))
  if (wrong !== undefined)
    throw invalid(`--confirm: ${JSON.stringify(wrong.slice(0, 80))} is none of ${names.join(', ')}`)
  const typed: string[] = []
  for (const name of names) {
    if (!given.includes(name) && !mayAsk)
      throw invalid(
        `every host that is erased is to be named: ${names.map(one => `--confirm ${one}`).join(' ')}`,
      )
    const said = given.includes(name)
      ? name
      : (await ask(`The Director on ${name} is erased and restored. Type its name to go on:`)).trim()
    if (said !== name) throw invalid(`it was not confirmed for ${name}; nothing was changed`)
    typed.push(said)
  }
  return typed
}
