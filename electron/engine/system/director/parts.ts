import type { Clock, Log } from '../../ports.ts'
import type { RunBody, RunDeps, RunRegistry, RunRequest, StartedRun } from '../../run/index.ts'
import type { Servers } from '../../servers.ts'
import type { UnlockableStatus, Vault } from '../../vault/index.ts'
import type { Deployments } from './deployments.ts'
import type { Drafts } from './drafts.ts'

/** What everything about Directors works on. */
export type DirectorParts = {
  /** The state folder. */
  home: string
  version: string
  clock: Clock
  log: Log
  vault: Vault
  servers: Servers
  runs: RunRegistry
  deployments: Deployments
  drafts: Drafts
  mask: (text: string) => string
  learn: (secret: unknown) => void
  vaultStatus: () => Promise<Pick<UnlockableStatus, 'state' | 'tier'>>
  start: (request: RunRequest, body: RunBody, own: Partial<RunDeps>) => Promise<StartedRun>
}
