import { drivesScript } from '../../../../shared/run.ts'
import { EngineError } from '../../../engine/engine-error.ts'
import type { StoredRun } from '../../../engine/run/index.ts'
import { attachRun, isUnderWay } from '../../../engine/run/index.ts'
import type { CliContext } from '../context.ts'
import { followDirector } from '../director-follow.ts'
import type { Ending } from '../ending.ts'
import type { SecretOptions } from '../secrets.ts'
import type { Session } from '../session.ts'
import { withEngine } from '../session.ts'
import { givenLogin } from './director-deployment.ts'
import { placeWith } from './director-folder.ts'

export type DirectorAttachOptions = SecretOptions & { all?: boolean; hostKey?: string }

/** So much of what was missed is shown, bytes, unless all is asked for. */
const shownBefore = 32 * 1024

/**
 * Shows a Director restore, or a step of a switch-over, as it goes on, with what was missed, and puts its questions. One that broke off here is taken
 * up again: its script has gone on meanwhile. One that has ended is shown to its end.
 */
export async function directorAttach(
  ctx: CliContext,
  id: string,
  options: DirectorAttachOptions,
): Promise<Ending> {
  return await withEngine(ctx, options, async session => {
    const { engine } = session
    const record = await requireRestore(session, id)
    ctx.out.say(`Run ${record.id}: ${record.about}`)
    const { size } = await engine.directors.terminal(record.id, 0)
    const from = options.all ? 0 : Math.max(0, size - shownBefore)
    if (isUnderWay(record) || !(await mayRunOn(session, record)))
      return await followDirector(ctx, session, { run: attachRun(engine.runs, record), own: null, from })
    await keepAccess(session, record.options, options)
    const run = await engine.resume(record.id)
    return await followDirector(ctx, session, { run, own: run, from })
  })
}

/** @throws EngineError `run.unknown`, `input.invalid` for a run of another kind */
export async function requireRestore({ engine }: Session, id: string): Promise<StoredRun> {
  const record = await engine.runs.get(id)
  if (drivesScript(record.kind)) return record
  throw new EngineError('input.invalid', 'director.attach', {
    subject: record.id,
    detail: 'it drives no script of a Director; drydock runs watch follows it',
  })
}

/** Whether the script of a restore that nobody works on may run on. */
export async function mayRunOn({ engine }: Session, { id, state }: StoredRun): Promise<boolean> {
  const { link } = await engine.directors.state(id)
  // Also of one that failed because its host let nobody in any more: the script has heard nothing of that.
  return state === 'interrupted' || (state !== 'succeeded' && (link === 'live' || link === 'lost'))
}

/** A vault that forgets needs what opens the host again, and a host may have another key by now. */
export async function keepAccess(
  session: Session,
  request: unknown,
  options: Pick<DirectorAttachOptions, 'hostKey'>,
): Promise<void> {
  const secrets = givenLogin(session)
  if (!secrets && options.hostKey === undefined) return
  const { directors } = session.engine
  const known = await directors.deployments.book.get((request as { deployment: string }).deployment)
  const place = placeWith(known.place, options)
  await directors.deployments.save({ ...known, place }, { replaces: known, secrets })
}
