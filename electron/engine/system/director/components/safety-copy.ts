import type { Deployment } from '../../../../../shared/director.ts'
import { EngineError } from '../../../engine-error.ts'
import type { Clock } from '../../../ports.ts'
import type { ActiveRun } from '../../../run/index.ts'
import type { SshContext } from '../../../ssh/ssh-target.ts'
import { masterSecrets } from '../deployment/index.ts'
import type { Host } from '../host/host.ts'
import { SshHost } from '../host/ssh-host.ts'
import { addressOf, hostLabel, loginOf } from '../preflight/host-lines.ts'
import { logIn } from '../preflight/reach.ts'
import { targetsOf } from '../preflight/yaml-lines.ts'
import type { ComponentServer, ComponentsOutcome } from './back-up-components.ts'
import { backUpComponents } from './back-up-components.ts'
import { commandsOf } from './commands.ts'

export type SafetyCopy = {
  /** The machine that the deployment folder lies on; the Director is reached from there. */
  deploymentHost: Host
  deployment: Deployment
  /** `master.yml` as the restore will have it: its first enabled host is the one that is erased. */
  master: string | null
  /** Takes the copy; whoever opened it closes it. */
  server: ComponentServer
  ssh: SshContext
  clock: Clock
  version: string
  /** Learns the secrets of `master.yml`, so that they are masked. */
  learn: (secret: unknown) => void
}

const during = 'director.safety-copy'

/** The name that safety copies of a deployment go under: `NAME` in `NAME@STAMP`. */
export const safetyPlan = (deployment: string): string => `safety-${deployment.toLowerCase()}`.slice(0, 63)

/**
 * Copies what the Director holds now to a server, before a restore erases it: from the first enabled host of
 * `master.yml`, under the vendor's names with a manifest beside them. The `latest` copies there stay.
 * Components without a command are told as not copied.
 * @throws EngineError as `backUpComponents`; `data.missing` without an enabled host; `auth.*`, `trust.*`, `network.*`
 *   when it lets nobody in. Then nothing has been changed on any host, and nothing stays on the server
 */
export async function safetyCopy(run: ActiveRun, options: SafetyCopy): Promise<ComponentsOutcome> {
  const { deploymentHost: from, deployment, master, server, ssh, clock, version, learn } = options
  const { signal } = run
  const { folder } = deployment.place
  learn(masterSecrets(master ?? ''))
  const target = targetsOf(master).find(({ enabled }) => enabled)
  if (!target)
    throw new EngineError('data.missing', during, {
      subject: 'master.yml',
      detail: 'it names no enabled host, so there is no Director to copy from',
    })
  const login = await loginOf(from, target, folder, signal)
  learn(login)
  const address = { host: target.ip, port: target.port, user: target.user }
  const connect = () =>
    logIn(
      from,
      { ...address, hostKey: deployment.hostKeys[addressOf(target)] },
      // The agent of whoever sits here is no way in for the script, and so none for the copy.
      { login, context: { ...ssh, env: { ...ssh.env, SSH_AUTH_SOCK: undefined } }, signal },
    )
  const host = new SshHost(`${target.user}@${addressOf(target)}`, connect)
  try {
    run.log(`safety copy of ${hostLabel(target)} to ${server.name}`)
    return await backUpComponents(run, {
      ...{ host, clock, version, latest: false, vendorPlace: 'refuse' as const },
      commands: commandsOf(deployment.commands),
      stores: [server],
      plan: safetyPlan(deployment.name),
    })
  } finally {
    await host.close()
  }
}
