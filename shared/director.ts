import { z } from 'zod'
import { fingerprintPattern, hostPattern, portalAtRule, userPattern } from './address.ts'
import { directorComponents } from './director-files.ts'
import { serverName } from './server.ts'

/**
 * What the pages, the command line and the engine say to each other about a Director: its deployment folder, its five
 * backup files, the problems of its two YAML files. Facts: the vendor's DC backup and DR restore document.
 */

const host = z.string().regex(hostPattern, 'a host name or address')
const user = z.string().regex(userPattern, 'a user name')
const port = z.int().min(1).max(65535)
const fingerprint = z.string().regex(fingerprintPattern, 'SHA256:… as ssh-keygen -l prints it')
const folder = z
  .string()
  .min(1)
  .max(4096)
  .refine(path => !/\p{Cc}/u.test(path), 'no control characters')

/** Where `restore.yml`, `master.yml` and `setup.sh` lie (`deployment/setup`), and so where the script runs. */
export const deploymentPlace = z.discriminatedUnion('kind', [
  /** On the machine the engine runs on; absolute. */
  z.object({ kind: z.literal('local'), folder }),
  z.object({
    kind: z.literal('ssh'),
    host,
    port: port.default(22),
    user,
    /** Relative to the login's folder unless it begins with `/`. */
    folder,
    /** Pinned by the operator; `known_hosts` is asked when absent. */
    hostKey: fingerprint.optional(),
    jump: z.object({ user, host, port: port.default(22), hostKey: fingerprint.optional() }).optional(),
  }),
])
export type DeploymentPlace = z.infer<typeof deploymentPlace>

/** How one component is had on the Director: a command for `sh` whose standard output is the backup file. */
export const componentCommand = z.object({
  /** Null: nobody has said how; this component is then left out of every backup, and that is told. */
  command: z
    .string()
    .min(1)
    .max(100_000)
    .refine(text => !text.includes('\0'), 'no NUL')
    .nullable(),
  /** Without a byte for this long it hangs, s. */
  silence: z.int().min(1).max(86_400),
  /** As long as it may take altogether, s. */
  longest: z
    .int()
    .min(1)
    .max(7 * 86_400),
})
export type ComponentCommand = z.infer<typeof componentCommand>

/** What an operator has said of them; the others are as `defaultCommands` of `director-commands.ts` says. */
export const directorCommands = z.partialRecord(z.enum(directorComponents), componentCommand)
export type DirectorCommands = z.infer<typeof directorCommands>

const page = z.url({ protocol: /^https?$/ })

const cron = z.string().min(9).max(200)
/**
 * What the vendor's own portal (Admin > System Tools > DB Backup) shows for a site, as an operator read it there: no
 * interface of the Director tells it. Five cron fields each, UTC; null: no such job there.
 */
export const portalSettings = z.object({
  configuration: cron.nullable(),
  analytics: cron.nullable(),
  /** The one backup server the portal takes; null: none is set there. */
  server: z
    .object({
      type: z.enum(['s3', 'azure', 'sftp', 'ftp']),
      /** Host or URL; of Azure the account. */
      at: z
        .string()
        .max(300)
        // It is kept and shown as it stands.
        .refine(text => !/[@?]/.test(text), portalAtRule),
      /** Bucket, container or path. */
      place: z.string().max(4096),
    })
    .nullable(),
  /** When it was read, ISO 8601 UTC. */
  noted: z.iso.datetime(),
})
export type PortalSettings = z.infer<typeof portalSettings>

/** A deployment folder that Drydock knows. Its ssh secrets are in the vault under `deployment:<name>`. */
export const deployment = z.object({
  name: serverName,
  place: deploymentPlace,
  /** The pages an operator opens afterwards; absent: not said. */
  directorUrl: page.optional(),
  analyticsUrl: page.optional(),
  /** Host keys pinned for the hosts of `master.yml`: `ip:port` → fingerprint. */
  hostKeys: z.record(z.string().max(300), fingerprint).default({}),
  /** How its components are backed up, where that differs from the defaults. */
  commands: directorCommands.exactOptional(),
  /** How the analytics data of a day is printed by the Director; absent or null: no analytics backup is possible. */
  analytics: componentCommand.exactOptional(),
  portal: portalSettings.exactOptional(),
  /** The deployment of the other site of its DC and DR pair. */
  otherSite: serverName.exactOptional(),
  added: z.iso.datetime(),
})
export type Deployment = z.infer<typeof deployment>

export const directorYamlFiles = ['restore.yml', 'master.yml'] as const
export type DirectorYamlFile = (typeof directorYamlFiles)[number]

const yamlPath = z
  .array(z.union([z.string().max(200), z.int().nonnegative()]))
  .min(1)
  .max(12)
const scalar = z.union([z.string().max(4096), z.number(), z.boolean(), z.null()])

/** One change to `master.yml`. A secret is never in it: it names a draft that the vault keeps. */
export const masterEdit = z.discriminatedUnion('op', [
  z.object({ op: z.literal('set'), path: yamlPath, value: scalar }),
  z.object({ op: z.literal('secret'), path: yamlPath, draft: z.string().max(64) }),
])
export type MasterEdit = z.infer<typeof masterEdit>

/** What will be written before a restore. Empty edits leave a file exactly as it is. */
export const deploymentEdits = z.object({
  /** File names per component for `restore.yml`; null leaves them. */
  names: z.record(z.enum(directorComponents), z.string().max(255)).nullable().default(null),
  master: z.array(masterEdit).max(200).default([]),
})
export type DeploymentEdits = z.infer<typeof deploymentEdits>

/** Something wrong, or worth a look, in one of the two YAML files. */
export const directorProblem = z.object({
  /** `yaml.*`, `name.*`, `stamp.*`, `servers.*`, … : the list stands in the README of `system/director`. */
  code: z.string(),
  level: z.enum(['stop', 'warn']),
  file: z.enum(directorYamlFiles),
  /** As `servers[0].ip`; empty for the whole file. */
  path: z.string(),
  /** 1-based; null when it is about no line. */
  line: z.int().positive().nullable(),
  /** What was found; never holds a secret. */
  finding: z.string(),
  /** What to do about it. */
  fix: z.string(),
  /** The change that mends it, where Drydock can make it. */
  edit: masterEdit.optional(),
})
export type DirectorProblem = z.infer<typeof directorProblem>

export const directorVerdicts = ['go', 'warn', 'no-go'] as const
export type DirectorVerdict = (typeof directorVerdicts)[number]

/** The worst of them decides. */
export function directorVerdict(problems: readonly Pick<DirectorProblem, 'level'>[]): DirectorVerdict {
  if (problems.some(({ level }) => level === 'stop')) return 'no-go'
  return problems.length > 0 ? 'warn' : 'go'
}
