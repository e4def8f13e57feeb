import type { Log } from '../ports.ts'
import type { HostKeyQuestion } from '../store/server-record.ts'

/** A host to log in to, and the fingerprint it must show if somebody pinned one. */
export type SshHost = { host: string; port: number; user: string; hostKey?: string | undefined }

/** What proves who we are. All absent: the agent at `SSH_AUTH_SOCK` is asked. The same for a jump host. */
export type SshLogin = {
  password?: string | undefined
  /** PEM or OpenSSH format. */
  privateKey?: string | undefined
  keyPassphrase?: string | undefined
}

export type SshContext = {
  env: Readonly<Record<string, string | undefined>>
  log: Log
  confirmHostKey?: ((question: HostKeyQuestion) => Promise<boolean>) | undefined
  /** Another file than `/etc/ssh/ssh_known_hosts`, for tests. */
  systemKnownHosts?: string | undefined
}

export const showHost = (host: SshHost): string => `${host.user}@${host.host}:${host.port}`
