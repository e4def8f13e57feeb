import type { z } from 'zod'
import type { DirectorPreflight, directorRequest } from '../../../../../shared/contract/director.ts'
import type { Deployment } from '../../../../../shared/director.ts'
import type { Clock } from '../../../ports.ts'
import type { RunRegistry } from '../../../run/index.ts'
import type { Servers } from '../../../servers.ts'
import type { SshContext } from '../../../ssh/ssh-target.ts'
import type { UnlockableStatus } from '../../../vault/unlockable-vault.ts'
import type { Adopted } from '../adopt/index.ts'
import type { Host } from '../host/host.ts'

/** What a preflight of a Director restore needs from its surroundings. It changes nothing in any of them. */
export type DirectorPreflightDeps = {
  deployment: Deployment
  /** Opens the machine that the deployment folder lies on; the preflight closes it. */
  openHost: () => Promise<Host>
  servers: Pick<Servers, 'get' | 'open' | 'secretsOf'>
  /** A secret that was typed for `master.yml`. @throws EngineError `auth.secret-missing` */
  draft: (name: string) => Promise<string>
  runs: Pick<RunRegistry, 'list' | 'folderOf'>
  /** For logins to the hosts of `master.yml`; nobody is asked about a key. */
  ssh: SshContext
  clock: Clock
  /** What the files of a run were adopted as; null: never. */
  adopted?: (server: string, stamp: string, signal: AbortSignal) => Promise<Adopted | null>
  vaultStatus: () => Promise<Pick<UnlockableStatus, 'state' | 'tier'>>
}

export type Request = z.infer<typeof directorRequest>

export type DirectorPreflightResult = Omit<DirectorPreflight, 'token'> & {
  /** Changes when anything does that a restore relies on: `seenNow` tells it again. */
  seen: string
  /** Where the five files will be served, when they are and it is known: the hosts' own view of the deployment host. */
  servesAt: string | null
}
