import { z } from 'zod'
import { fingerprintPattern, hostPattern, serverNamePattern, userPattern } from './address.ts'

/** What the operator told us about a server, without secrets. Kept in `servers.json`, checked on every read. */

export const serverName = z.string().regex(serverNamePattern, 'letters, digits, dot and dash, at most 63')
const port = z.int().min(1).max(65535)
const host = z.string().regex(hostPattern, 'a host name or address')
const user = z.string().regex(userPattern, 'a user name')
const remotePath = z
  .string()
  .max(4096)
  .refine(p => !/\p{Cc}/u.test(p), 'no control characters')
const prefix = z
  .string()
  .max(512)
  .regex(/^[^\p{Cc}\\]*$/u)
  .default('')
const fingerprint = z.string().regex(fingerprintPattern, 'SHA256:… as ssh-keygen -l prints it')
const url = z.url({ protocol: /^https?$/ })

/** Where a server stands: what a fire in this building, or an attacker in this network, would leave of the copies. */
export const serverSites = ['on-site', 'off-site', 'air-gap'] as const
export type ServerSite = (typeof serverSites)[number]

const common = {
  name: serverName,
  /** Absent: not said yet. */
  site: z.enum(serverSites).optional(),
  /** ISO 8601 UTC. The first server added that holds a point complete is read from. */
  added: z.string(),
  /** What the last probe found out; see the README of the store's folder for the keys. */
  learned: z.record(z.string(), z.union([z.string(), z.number(), z.boolean()])).default({}),
}

export const s3Server = z.object({
  ...common,
  type: z.literal('s3'),
  /** Absent for AWS itself. */
  endpoint: url.optional(),
  bucket: z.string().regex(/^[A-Za-z0-9._-]{1,255}$/, 'a bucket name'),
  region: z.string().max(64).default('us-east-1'),
  prefix,
  /** Absent: path style with an own endpoint, virtual host style on AWS. */
  pathStyle: z.boolean().optional(),
  /** A profile of the AWS configuration files; then no secret is kept here. */
  profile: z.string().max(128).optional(),
  /** PEM of further certificate authorities to trust, added to the system's. */
  ca: z.string().optional(),
})

export const azureServer = z.object({
  ...common,
  type: z.literal('azure'),
  /** Absent: `https://<account>.blob.core.windows.net`, or what the connection string says. */
  endpoint: url.optional(),
  account: z
    .string()
    .regex(/^[a-z0-9]{3,24}$/, 'an account name')
    .optional(),
  container: z
    .string()
    .regex(
      /^(?:\$root|\$web|[a-z0-9](?:-?[a-z0-9]){2,62})$/,
      'a container name: 3 to 63 lower-case letters, digits and dashes',
    ),
  prefix,
  ca: z.string().optional(),
})

export const sftpServer = z.object({
  ...common,
  type: z.literal('sftp'),
  host,
  port: port.default(22),
  user,
  /** Relative to the login's folder unless it begins with `/`. */
  path: remotePath.default('.'),
  /** Pinned by the operator; `known_hosts` is asked when absent. */
  hostKey: fingerprint.optional(),
  /** A host to go through, each hop verified under its own name. */
  jump: z.object({ user, host, port: port.default(22), hostKey: fingerprint.optional() }).optional(),
})

export const ftpServer = z.object({
  ...common,
  type: z.literal('ftp'),
  host,
  port: port.optional(),
  user,
  path: remotePath.default('.'),
  tls: z.enum(['explicit', 'implicit', 'none']).default('explicit'),
  ca: z.string().optional(),
})

export const localServer = z.object({
  ...common,
  type: z.literal('local'),
  /** Absolute. */
  path: z.string().min(1),
  /** Written into the folder's identity file when the server was added; another medium has another. */
  mediumId: z.uuid().optional(),
})

export const serverRecord = z.discriminatedUnion('type', [
  s3Server,
  azureServer,
  sftpServer,
  ftpServer,
  localServer,
])

export type ServerRecord = z.infer<typeof serverRecord>
export type S3Server = z.infer<typeof s3Server>
export type AzureServer = z.infer<typeof azureServer>
export type SftpServer = z.infer<typeof sftpServer>
export type FtpServer = z.infer<typeof ftpServer>
export type LocalServer = z.infer<typeof localServer>
export type ServerType = ServerRecord['type']

/** The secrets of each type, as `--secrets-file` holds them and the vault keeps them. */
export const s3Secrets = z.object({
  accessKeyId: z.string().min(1),
  secretAccessKey: z.string().min(1),
  sessionToken: z.string().min(1).optional(),
})
export const azureSecrets = z
  .object({
    accountKey: z.string().min(1).optional(),
    sas: z.string().min(1).optional(),
    connectionString: z.string().min(1).optional(),
  })
  .refine(
    s => [s.accountKey, s.sas, s.connectionString].filter(Boolean).length === 1,
    'exactly one of accountKey, sas, connectionString',
  )
export const sftpSecrets = z.object({
  password: z.string().min(1).optional(),
  privateKey: z.string().min(1).optional(),
  keyPassphrase: z.string().optional(),
})
export const ftpSecrets = z.object({ password: z.string() })

export type S3Secrets = z.infer<typeof s3Secrets>
export type AzureSecrets = z.infer<typeof azureSecrets>
/** Neither password nor key: the agent at `SSH_AUTH_SOCK` is asked. */
export type SftpSecrets = z.infer<typeof sftpSecrets>
export type FtpSecrets = z.infer<typeof ftpSecrets>
export type ServerSecrets = S3Secrets | AzureSecrets | SftpSecrets | FtpSecrets | null
