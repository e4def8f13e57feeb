import { EngineError } from '../../../engine/engine-error.ts'
import type { StartedRun, StoredRun } from '../../../engine/run/index.ts'
import { attachRun, isUnderWay } from '../../../engine/run/index.ts'
import type { CliContext } from '../context.ts'
import { followDirector } from '../director-follow.ts'
import type { Ending } from '../ending.ts'
import { done } from '../ending.ts'
import type { Session } from '../session.ts'
import { withEngine } from '../session.ts'
import type { DirectorAttachOptions } from './director-attach.ts'
import { keepAccess, mayRunOn, requireRestore } from './director-attach.ts'

/**
 * Stops the script of a Director restore: Ctrl-C, and 20 s later the end of all that it started. In the process that
 * watches it; where nobody does, it is attached to for that. A script that was never started is not started for it.
 */
export async function directorStop(
  ctx: CliContext,
  id: string,
  options: Omit<DirectorAttachOptions, 'all'>,
): Promise<Ending> {
  return await withEngine(ctx, options, async session => {
    const { engine } = session
    const record = await requireRestore(session, id)
    ctx.out.say(`Run ${record.id}: ${record.about}`)
    if (isUnderWay(record)) {
      await attachRun(engine.runs, record).cancel()
      await ctx.out.line(
        `${record.id}: Ctrl-C was asked for; drydock director attach ${record.id} shows the end`,
      )
      return done({ run: record.id })
    }
    if (!(await mayRunOn(session, record)))
      throw new EngineError('run.conflict', 'run.cancel', {
        subject: record.id,
        detail: 'setup.sh has already ended',
      })
    const { size } = await engine.directors.terminal(record.id, 0)
    return await stopAttached(ctx, session, record, { options, from: size })
  })
}

async function stopAttached(
  ctx: CliContext,
  session: Session,
  record: StoredRun,
  { options, from }: { options: Omit<DirectorAttachOptions, 'all'>; from: number },
): Promise<Ending> {
  await keepAccess(session, record.options, options)
  const run = await session.engine.resume(record.id)
  void stopOnceWatched(run)
  const ending = await followDirector(ctx, session, { run, own: run, from })
  const { state } = await session.engine.runs.get(record.id)
  return state === 'cancelled' ? done({ run: record.id }) : ending
}

/** Before it watches the script, a cancel would end the attaching alone. */
async function stopOnceWatched(run: StartedRun): Promise<void> {
  for await (const { phases } of run.snapshots())
    if (phases?.at(-1)?.name === 'vendor script') return run.stop('operator')
}
