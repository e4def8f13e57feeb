import type { Deployment } from '../../../../../shared/director.ts'
import type { RunBody, RunDeps, RunRequest, StartedRun, StoredRun } from '../../../run/index.ts'
import { startPlanned } from '../../../schedule/plan-run.ts'
import type { BackupBodyDeps } from './backup-body.ts'
import { backupBody } from './backup-body.ts'
import type { DirectorBackupOptions } from './options.ts'
import { parseBackupOptions } from './options.ts'

export type DirectorBackupsDeps = Omit<BackupBodyDeps, 'options' | 'deployment'> & {
  /** The state folder. */
  home: string
  deploymentOf: (name: string) => Promise<Deployment>
  start: (request: RunRequest, body: RunBody, own: Partial<RunDeps>) => Promise<StartedRun>
}

const noPause =
  'a Director’s backup cannot be paused: the command that prints it on the Director would be held in the middle'

/** Starts backups of Directors, by hand and of plans, and takes them up again. */
export class DirectorBackups {
  readonly #deps: DirectorBackupsDeps

  constructor(deps: DirectorBackupsDeps) {
    this.#deps = deps
  }

  /** @throws EngineError `input.invalid`; when the deployment or a server is unknown; `run.conflict` as `startPlanned` */
  async start(raw: DirectorBackupOptions): Promise<StartedRun> {
    const { deploymentOf, servers } = this.#deps
    const options = parseBackupOptions(raw)
    await deploymentOf(options.deployment)
    for (const name of options.servers) await servers.get(name)
    const about = `${options.plan} → ${options.servers.join(', ')}`
    return await this.#begin({ kind: 'director-backup', about, options }, options)
  }

  /** Begins anew, with what was sent taken off first; where a server had it all, only the copies are replaced. */
  async resume(record: StoredRun): Promise<StartedRun> {
    return await this.#begin({ resumeOf: record.id }, parseBackupOptions(record.options))
  }

  async #begin(request: RunRequest, options: DirectorBackupOptions): Promise<StartedRun> {
    const { home, start, deploymentOf, ...deps } = this.#deps
    const body = backupBody({ ...deps, options, deployment: () => deploymentOf(options.deployment) })
    return await startPlanned(home, options, body, (planned, cleanupMs) =>
      start(request, planned, { noPause, cleanupMs }),
    )
  }
}
