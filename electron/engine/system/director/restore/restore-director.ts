import type { z } from 'zod'
import type { directorRequest } from '../../../../../shared/contract/director.ts'
import type { Deployment } from '../../../../../shared/director.ts'
import type { ActiveRun } from '../../../run/index.ts'
import type { Host } from '../host/host.ts'
import type { ScriptDrive } from '../script/drive-script.ts'
import { driveScript } from '../script/drive-script.ts'

export type Request = z.infer<typeof directorRequest>

/** What the body of a Director restore needs from its surroundings. */
export type DirectorRestoreDeps = Omit<ScriptDrive, 'deed' | 'place' | 'argv' | 'before'> & {
  deployment: Deployment
  /** Copies the present configuration to a server; only called when one was chosen. */
  safetyCopy: (host: Host) => Promise<void>
}

/** Restores a Director: a safety copy and served files when they were asked for, then `setup.sh restore`. */
export async function restoreDirector(
  run: ActiveRun,
  request: Request,
  deps: DirectorRestoreDeps,
): Promise<{ outcome: unknown }> {
  const { deployment, safetyCopy, ...drive } = deps
  return await driveScript(run, {
    ...drive,
    deed: 'restore',
    place: deployment.place,
    argv: ['./setup.sh', ...(request.mode === 'standalone' ? ['standalone'] : []), 'restore'],
    before: async host => {
      if (request.safetyCopy !== null) {
        run.progress({ phase: 'safety copy' })
        await safetyCopy(host)
        await run.checkpoint()
      }
      if (request.fetch === 'served') run.progress({ phase: 'serving files' })
    },
  })
}
