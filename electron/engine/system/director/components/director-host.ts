import type { Deployment } from '../../../../../shared/director.ts'
import { EngineError } from '../../../engine-error.ts'
import type { SshContext } from '../../../ssh/ssh-target.ts'
import { masterSecrets } from '../deployment/index.ts'
import type { Host } from '../host/host.ts'
import { SshHost } from '../host/ssh-host.ts'
import { addressOf, hostLabel, loginOf, pinOf } from '../preflight/host-lines.ts'
import { logIn } from '../preflight/reach.ts'
import { targetsOf } from '../preflight/yaml-lines.ts'

export type ReachDirector = {
  /** The machine that the deployment folder lies on; the Director is reached from there. */
  deploymentHost: Host
  deployment: Deployment
  /** `master.yml` as it counts; the Director is its first enabled host. */
  master: string | null
  ssh: SshContext
  /** Learns the secrets of `master.yml`, so that they are masked. */
  learn: (secret: unknown) => void
  signal: AbortSignal
  during: string
}

/**
 * The Director that the components are copied from. It logs in with its first command; whoever asked closes it.
 * @throws EngineError `data.missing` without an enabled host; `auth.*`, `data.*` when its login cannot be told
 */
export async function reachDirector(options: ReachDirector): Promise<{ host: Host; label: string }> {
  const { deploymentHost: from, deployment, master, ssh, learn, signal, during } = options
  learn(masterSecrets(master ?? ''))
  const target = targetsOf(master).find(({ enabled }) => enabled)
  if (!target)
    throw new EngineError('data.missing', during, {
      subject: 'master.yml',
      detail: 'it names no enabled host, so there is no Director to copy from',
    })
  const login = await loginOf(from, target, deployment.place.folder, signal)
  learn(login)
  const address = { host: target.ip, port: target.port, user: target.user }
  const connect = () =>
    logIn(
      from,
      { ...address, hostKey: pinOf(deployment, target) },
      // The agent of whoever sits here is no way in for the script, and so none for the copy.
      { login, context: { ...ssh, env: { ...ssh.env, SSH_AUTH_SOCK: undefined } }, signal },
    )
  return { host: new SshHost(`${target.user}@${addressOf(target)}`, connect), label: hostLabel(target) }
}
