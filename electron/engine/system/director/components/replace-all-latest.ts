import { directorComponents } from '../../../../../shared/director-files.ts'
import { pointId, timeOf } from '../../../archive/names.ts'
import { toFailure } from '../../../engine-error.ts'
import type { Clock } from '../../../ports.ts'
import type { ActiveRun } from '../../../run/index.ts'
import type { ObjectStore } from '../../../store/object-store.ts'
import { newerRun, replaceLatest } from './replace-latest.ts'
import type { Written } from './written.ts'

/** What became of a server's `latest` copies; `kept`: not all five were had, a newer run is there or makes its own. */
export type LatestState = 'replaced' | 'kept' | 'failed'

/**
 * Replaces the `latest` copies on every server that has all of a run. What goes wrong there is a problem of the run: the
 * files with a stamp are whole. A cancel does not change that any more: it is told for every server what its copies are.
 * @throws the reason of a cancel, once no server is being written to
 */
export async function replaceAllLatest(
  run: ActiveRun,
  job: {
    servers: ReadonlyMap<string, ObjectStore>
    written: Written
    clock: Clock
    refused: () => Promise<string | null>
    hurryMs?: number | undefined
  },
): Promise<Record<string, LatestState>> {
  const { servers, written, clock, hurryMs } = job
  const { plan, stamp, files } = written
  const problem = (subject: string, detail: string) =>
    run.problem({ code: 'latest.not-replaced', subject, detail })
  const cancelled = 'the run was cancelled while they were replaced'
  const one = async (name: string, store: ObjectStore): Promise<LatestState> => {
    if (files.length < directorComponents.length) {
      problem(name, 'not all five components were backed up: the copies stay as they are')
      return 'kept'
    }
    if (refused !== null) {
      problem(name, refused)
      return 'kept'
    }
    let begun = false
    try {
      const newer = await newerRun(store, stamp, run.signal)
      if (newer !== null) {
        // Made meanwhile: as it should be. Of a time that is yet to come: a clock was set, here or there.
        if (timeOf(newer) <= clock.now()) run.log(`${name}: a newer run lies there; its latest copies stay`)
        else
          problem(
            name,
            `a run of a later time lies there (${newer}), so its copies stay: this clock was set back, or another is ahead; when that run is of no use, put it into the trash`,
          )
        return 'kept'
      }
      await replaceLatest(run, { name, store }, files, {
        ...{ clock, hurryMs },
        begun: () => (begun = true),
        opened: (object, token) => written.note({ components: 'latest', server: name, name: object, token }),
        mixed: words => problem(name, `${cancelled}; so far ${words}, unless all of them follow yet`),
      })
      if (run.signal.aborted)
        run.log(
          `${name}: ${cancelled}, so that was finished first: all five copies are of ${pointId(plan, stamp)}, which is whole and stays`,
        )
      return 'replaced'
    } catch (err) {
      if (run.signal.aborted && !begun) {
        problem(
          name,
          `the run was cancelled before they were replaced: they are those of the run before; ${pointId(plan, stamp)} is whole and stays`,
        )
        return 'kept'
      }
      const { code, detail } = toFailure(err, 'director.backup')
      problem(name, detail ?? code)
      return 'failed'
    }
  }
  run.progress({ phase: 'replacing the latest copies' })
  const refused = await job.refused().catch((err: unknown) => {
    // Told below, server by server.
    if (run.signal.aborted) return null
    throw err
  })
  const states = [...servers].map(async ([name, store]) => [name, await one(name, store)] as const)
  const all = Object.fromEntries(await Promise.all(states))
  run.signal.throwIfAborted()
  return all
}
