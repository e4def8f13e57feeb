import { EngineError } from '../../../engine/engine-error.ts'
import { attachRun, isUnderWay } from '../../../engine/run/index.ts'
import type { CliContext } from '../context.ts'
import { followDirector } from '../director-follow.ts'
import type { Ending } from '../ending.ts'
import type { SecretOptions } from '../secrets.ts'
import type { Session } from '../session.ts'
import { withEngine } from '../session.ts'
import { givenLogin } from './director-deployment.ts'

export type DirectorAttachOptions = SecretOptions & { all?: boolean }

/** So much of what was missed is shown, bytes, unless all is asked for. */
const shownBefore = 32 * 1024

/**
 * Shows a Director restore as it goes on, with what was missed, and puts its questions. One that broke off here is taken
 * up again: its script has gone on meanwhile. One that has ended is shown to its end.
 */
export async function directorAttach(
  ctx: CliContext,
  id: string,
  options: DirectorAttachOptions,
): Promise<Ending> {
  return await withEngine(ctx, options, async session => {
    const { engine } = session
    const record = await engine.runs.get(id)
    if (record.kind !== 'director-restore')
      throw new EngineError('input.invalid', 'director.attach', {
        subject: record.id,
        detail: 'it is no Director restore; drydock runs watch follows it',
      })
    ctx.out.say(`Run ${record.id}: ${record.about}`)
    const { size } = await engine.directors.terminal(record.id, 0)
    const from = options.all ? 0 : Math.max(0, size - shownBefore)
    const { link } = await engine.directors.state(record.id)
    // Also one that failed because its host let nobody in any more: the script has heard nothing of that.
    const runsOn = record.state === 'interrupted' || link === 'live' || link === 'lost'
    if (isUnderWay(record) || record.state === 'succeeded' || !runsOn)
      return await followDirector(ctx, session, { run: attachRun(engine.runs, record), own: null, from })
    await keepLogin(session, record.options)
    const run = await engine.resume(record.id)
    return await followDirector(ctx, session, { run, own: run, from })
  })
}

/** A vault that forgets needs what opens the host again. */
async function keepLogin(session: Session, options: unknown): Promise<void> {
  const secrets = givenLogin(session)
  if (!secrets) return
  const { directors } = session.engine
  const known = await directors.book.get((options as { deployment: string }).deployment)
  await directors.save(known, { replaces: known, secrets })
}
