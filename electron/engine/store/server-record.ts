import type { Log } from '../ports.ts'

/** The records themselves are declared where the pages and the command line see them too. */
export type {
  ServerSite,
  ServerRecord,
  S3Server,
  AzureServer,
  SftpServer,
  FtpServer,
  LocalServer,
  ServerType,
  S3Secrets,
  AzureSecrets,
  SftpSecrets,
  FtpSecrets,
  ServerSecrets,
} from '../../../shared/server.ts'
export {
  serverName,
  serverSites,
  s3Server,
  azureServer,
  sftpServer,
  ftpServer,
  localServer,
  serverRecord,
  s3Secrets,
  azureSecrets,
  sftpSecrets,
  ftpSecrets,
} from '../../../shared/server.ts'

/** Servers on which a person vouches for a host key that nobody pinned. */
export type HostKeyQuestion = {
  host: string
  port: number
  keyType: string
  fingerprint: string
}

/** What opening a store may need from its surroundings. */
export type StoreContext = {
  /** Asks a person; absent when nobody can be asked, and then an unknown key is refused. */
  confirmHostKey?: ((question: HostKeyQuestion) => Promise<boolean>) | undefined
  /** Environment to read `HTTPS_PROXY`, `NO_PROXY`, `SSH_AUTH_SOCK`, `HOME` from. */
  env: Readonly<Record<string, string | undefined>>
  log: Log
}
