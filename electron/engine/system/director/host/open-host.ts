import type { DeploymentPlace } from '../../../../../shared/director.ts'
import { SshConnection } from '../../../ssh/ssh-connection.ts'
import type { SshContext, SshHost as SshAddress, SshLogin } from '../../../ssh/ssh-target.ts'
import { showHost } from '../../../ssh/ssh-target.ts'
import type { Host } from './host.ts'
import { LocalHost } from './local-host.ts'
import { during } from './script.ts'
import { SshHost } from './ssh-host.ts'

/** What the vault keeps for a deployment's host; the same login serves its jump host. */
export type HostSecrets = SshLogin

/**
 * Opens the machine a deployment folder lies on: logs in, and makes sure that there is a shell.
 * @param secrets null: the ssh agent is asked
 * @throws EngineError as `SshConnection.open`; `local.command` when the account gives no shell
 */
export async function openHost(
  place: DeploymentPlace,
  secrets: HostSecrets | null,
  context: SshContext,
): Promise<Host> {
  if (place.kind === 'local') return new LocalHost(context.env)
  const jump = place.jump
  const target: SshAddress = { host: place.host, port: place.port, user: place.user, hostKey: place.hostKey }
  /** Keys this login has verified. The next one, after a lost connection, takes these and no others. */
  let seen: { target: SshAddress; jump: SshAddress | undefined } | null = null
  const host = new SshHost(showHost(target), async () => {
    const to = seen ?? { target, jump }
    const connection = await SshConnection.open(to.target, secrets ?? {}, context, { jump: to.jump, during })
    const pin = (address: SshAddress, at: number): SshAddress => ({
      ...address,
      hostKey: connection.trusted.at(at)?.key.fingerprint,
    })
    seen = { target: pin(target, -1), jump: jump && pin(jump, 0) }
    return connection
  })
  try {
    await host.run(':')
    return host
  } catch (err) {
    await host.close()
    throw err
  }
}
