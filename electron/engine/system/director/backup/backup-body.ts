import type { Deployment } from '../../../../../shared/director.ts'
import { EngineError, toFailure } from '../../../engine-error.ts'
import type { Clock } from '../../../ports.ts'
import type { RunBody } from '../../../run/index.ts'
import type { Servers } from '../../../servers.ts'
import type { SshContext } from '../../../ssh/ssh-target.ts'
import type { ComponentServer } from '../components/index.ts'
import { backUpComponents, commandsOf, reachDirector } from '../components/index.ts'
import { readDeployment } from '../deployment/index.ts'
import type { Host } from '../host/host.ts'
import type { DirectorBackupOptions } from './options.ts'

export type BackupBodyDeps = {
  options: DirectorBackupOptions
  /** Asked when the work begins: its commands may have been changed since the run was started first. */
  deployment: () => Promise<Deployment>
  /** Opens the machine that the deployment folder lies on. */
  open: (deployment: Deployment) => Promise<Host>
  servers: Servers
  ssh: SshContext
  clock: Clock
  version: string
  learn: (secret: unknown) => void
}

const during = 'director.backup'

/** The body of a run that backs up a Director: the first enabled host of `master.yml` as it stands there now. */
export function backupBody(deps: BackupBodyDeps): RunBody {
  const { options, servers, ssh, clock, version, learn } = deps
  return async run => {
    run.progress({ phase: 'connecting' })
    const deployment = await deps.deployment()
    const stores: ComponentServer[] = []
    const failures: unknown[] = []
    const failed: Record<string, 'failed'> = {}
    let from: Host | undefined
    let director: Host | undefined
    try {
      for (const name of options.servers) {
        try {
          stores.push({ name, store: await servers.openFor(run, name, options.limit) })
        } catch (err) {
          const { code, detail } = toFailure(err, during)
          failures.push(err)
          failed[name] = 'failed'
          run.problem({
            code: 'server.failed',
            subject: name,
            detail: detail ? `${code}: ${detail}` : code,
          })
        }
      }
      if (stores.length === 0) throw failures[0]
      from = await deps.open(deployment)
      const { texts } = await readDeployment(from, deployment.place.folder, run.signal)
      const master = texts['master.yml']
      if (master === null)
        throw new EngineError('data.missing', during, {
          subject: 'master.yml',
          detail: `it is not in ${deployment.place.folder}, so it is not known where the Director is`,
        })
      const reached = await reachDirector({
        ...{ deploymentHost: from, deployment, master, ssh, learn, signal: run.signal, during },
      })
      director = reached.host
      run.log(`backup of ${reached.label} to ${stores.map(({ name }) => name).join(', ')}`)
      const outcome = await backUpComponents(run, {
        ...{ host: director, clock, version, stores, vendorPlace: 'refuse' as const },
        ...{ plan: options.plan, latest: options.latest },
        commands: commandsOf(deployment.commands),
        log: text => {
          for (const line of text.split('\n')) if (line.trim() !== '') run.log(line)
        },
      })
      return { outcome: { ...outcome, servers: { ...failed, ...outcome.servers } } }
    } finally {
      await Promise.allSettled([
        director?.close(),
        from?.close(),
        ...stores.map(({ store }) => store.close()),
      ])
    }
  }
}
