import type { Deployment } from '../../../../../shared/director.ts'
import { directorComponents } from '../../../../../shared/director-files.ts'
import { EngineError, toFailure } from '../../../engine-error.ts'
import type { Clock } from '../../../ports.ts'
import type { ActiveRun, RunBody } from '../../../run/index.ts'
import type { Servers } from '../../../servers.ts'
import type { SshContext } from '../../../ssh/ssh-target.ts'
import type { ComponentServer } from '../components/index.ts'
import { backUpComponents, commandsOf, reachDirector, tellNotSet } from '../components/index.ts'
import { readDeployment } from '../deployment/index.ts'
import type { Host } from '../host/host.ts'
import { madeMeanwhile } from './made-meanwhile.ts'
import type { DirectorBackupOutcome } from './made-meanwhile.ts'
import type { DirectorBackupOptions } from './options.ts'
import type { Turn } from './turn.ts'
import { othersTurn, takeTurn } from './turn.ts'

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

type Commands = ReturnType<typeof commandsOf>

const during = 'director.backup'

/**
 * The body of a run that backs up a Director: the first enabled host of `master.yml` as it stands there now. One run at
 * a time backs it up, from whichever machine; one that waited does not repeat what was made meanwhile.
 */
export function backupBody(deps: BackupBodyDeps): RunBody {
  return async run => {
    run.progress({ phase: 'connecting' })
    const deployment = await deps.deployment()
    const from = await deps.open(deployment)
    let director: Host | undefined
    let turn: Turn | undefined
    try {
      const reached = await reach(deps, run, deployment, from)
      director = reached.host
      turn = await takeTurn(deps, run, { host: director, deployment })
      return { outcome: await backUp(deps, run, { deployment, director: { ...reached, turn } }) }
    } finally {
      await turn?.lock?.release()
      await Promise.allSettled([director?.close(), from.close()])
    }
  }
}

async function reach(
  { ssh, learn }: BackupBodyDeps,
  run: ActiveRun,
  deployment: Deployment,
  from: Host,
): Promise<{ host: Host; label: string }> {
  const { folder } = deployment.place
  const { texts } = await readDeployment(from, folder, run.signal)
  const master = texts['master.yml']
  if (master === null)
    throw new EngineError('data.missing', during, {
      subject: 'master.yml',
      detail: `it is not in ${folder}, so it is not known where the Director is`,
    })
  return await reachDirector({
    ...{ deploymentHost: from, deployment, master, ssh, learn, signal: run.signal, during },
  })
}

async function backUp(
  deps: BackupBodyDeps,
  run: ActiveRun,
  { deployment, director }: { deployment: Deployment; director: { host: Host; label: string; turn: Turn } },
): Promise<DirectorBackupOutcome> {
  const { options, clock, version } = deps
  const { stores, failed } = await openServers(deps, run)
  try {
    const { host, label, turn } = director
    const commands = commandsOf(deployment.commands)
    const made =
      failed.length === 0 && !run.resumed ? await alreadyMade(deps, run, { stores, commands, turn }) : null
    if (made) return made
    run.log(`backup of ${label} to ${stores.map(({ name }) => name).join(', ')}`)
    const outcome = await backUpComponents(run, {
      latestRefused: () => othersTurn(deps, run, director),
      ...{ host, clock, version, stores, commands },
      ...{ plan: options.plan, latest: options.latest },
      log: text => {
        for (const line of text.split('\n')) if (line.trim() !== '') run.log(line)
      },
    })
    const states = Object.fromEntries(failed.map(name => [name, 'failed' as const]))
    return { ...outcome, servers: { ...states, ...outcome.servers } }
  } finally {
    await Promise.allSettled(stores.map(({ store }) => store.close()))
  }
}

/** @throws the first one's failure when none can be opened */
async function openServers(
  { options, servers }: BackupBodyDeps,
  run: ActiveRun,
): Promise<{ stores: ComponentServer[]; failed: string[] }> {
  const stores: ComponentServer[] = []
  const failures: unknown[] = []
  const failed: string[] = []
  for (const name of options.servers) {
    try {
      stores.push({ name, store: await servers.openFor(run, name, options.limit) })
    } catch (err) {
      const { code, detail } = toFailure(err, during)
      failures.push(err)
      failed.push(name)
      run.problem({ code: 'server.failed', subject: name, detail: detail ? `${code}: ${detail}` : code })
    }
  }
  if (stores.length === 0) throw failures[0]
  return { stores, failed }
}

/** What the run that this one waited for has made, when that is all that was wanted. */
async function alreadyMade(
  { options }: BackupBodyDeps,
  run: ActiveRun,
  { stores, commands, turn }: { stores: ComponentServer[]; commands: Commands; turn: Turn },
): Promise<DirectorBackupOutcome | null> {
  const { due = null } = options.ofPlan ?? {}
  const components = directorComponents.filter(one => commands[one].command !== null)
  const made = await madeMeanwhile({
    ...{ plan: options.plan, others: turn.others, stores, components, signal: run.signal },
    // A stamp has no fractions; and whoever asks by hand wants what is there now.
    since: due === null ? Math.ceil(turn.began / 1000) * 1000 : Math.floor(Date.parse(due) / 1000) * 1000,
    latest: options.latest && components.length === directorComponents.length,
  })
  if (!made) return null
  tellNotSet(run, made.notSet)
  run.log(
    `${made.point} was made by ${made.madeBy.host} (${made.madeBy.run}) while this run waited: not repeated`,
  )
  return made
}
