import { z } from 'zod'
import {
  deployment,
  deploymentEdits,
  directorProblem,
  directorVerdicts,
  directorYamlFiles,
  masterEdit,
} from '../director.ts'
import { directorComponents, directorModes } from '../director-files.ts'
import { isPlanName, planNameRule } from '../plan-name.ts'
import { serverName } from '../server.ts'
import { count, nothing, runId, utc } from './common.ts'
import { event, method } from './method.ts'
import { verdicts } from './restore.ts'

const component = z.enum(directorComponents)
const mode = z.enum(directorModes)
const secrets = z.record(z.string(), z.string())

const deploymentInfo = z.object({
  record: deployment,
  /** Whether the vault holds a password or key for its host; null while it is locked. */
  hasSecrets: z.boolean().nullable(),
})
export type DeploymentInfo = z.infer<typeof deploymentInfo>

/** One host of `master.yml`, without its secrets. */
const masterHost = z.object({
  /** Its place in `servers`, from 0. */
  index: count,
  name: z.string(),
  ip: z.string(),
  port: z.int(),
  user: z.string(),
  enabled: z.boolean(),
  auth: z.enum(['pem', 'password', 'both', 'none']),
  /** Path of the key file on the deployment host. */
  pem: z.string().nullable(),
  components: z.array(z.string()),
  bondIp: z.string().nullable(),
})
export type MasterHost = z.infer<typeof masterHost>

/** What of `master.yml` matters before a restore. Values that stand there empty are null. */
const masterView = z.object({
  hosts: z.array(masterHost),
  keepalived: z.array(z.object({ ip: z.string().nullable(), id: z.number().nullable() })),
  directorSite: z.string().nullable(),
  installMsp: z.string().nullable(),
  installTenant: z.string().nullable(),
  externalIp: z.array(z.string()),
  disks: z.array(z.object({ key: z.string(), value: z.string() })),
})
export type MasterView = z.infer<typeof masterView>

const deploymentView = z.object({
  restore: z.boolean(),
  master: masterView.nullable(),
  setup: z.enum(['runs', 'not-executable', 'missing']),
  /** `ftp` is the older form, with `FTP_*` keys before the names. */
  form: z.enum(['names', 'ftp']).nullable(),
  names: z.partialRecord(component, z.string()),
  /** What the hosts of `master.yml` amount to; null when it cannot be told. */
  mode: mode.nullable(),
  verdict: z.enum(directorVerdicts),
  problems: z.array(directorProblem),
})
export type DeploymentView = z.infer<typeof deploymentView>

/** A line of a difference; values of secrets are masked. */
const diffLine = z.object({
  is: z.enum(['same', 'removed', 'added']),
  /** Its number in the file it stands in, from 1. */
  line: z.int().positive(),
  text: z.string(),
})
export const fileDiff = z.object({
  file: z.enum(directorYamlFiles),
  /** How many lines differ; 0: the file stays byte for byte. */
  changed: count,
  lines: z.array(diffLine),
  /** What the present file will be kept as, beside it; null when nothing changes. */
  keptAs: z.string().nullable(),
})
export type FileDiff = z.infer<typeof fileDiff>

const flag = z.object({
  code: z.enum([
    'missing',
    'empty',
    'mixed',
    'wrong-component',
    'unreadable-head',
    'unreadable-tail',
    'half-uploaded',
  ]),
  component: component.nullable(),
  detail: z.string(),
})
export type DirectorPointFlag = z.infer<typeof flag>

const directorFile = z.object({
  component,
  name: z.string(),
  size: count,
  modified: utc.nullable(),
})
/** The backup files of one run on one server. */
const directorPoint = z.object({
  stamp: z.string(),
  /** The time the stamp tells. */
  at: utc,
  files: z.array(directorFile),
  /** Empty: all five are there and none is empty. */
  flags: z.array(flag),
  /** Whether the `latest` copies are the files of this run. */
  isLatest: z.boolean(),
  /** Whether Drydock took it before a restore: what the Director held that was wanted no more. Absent: no. */
  safetyCopy: z.boolean().exactOptional(),
})
export type DirectorPoint = z.infer<typeof directorPoint>

const stamp = z.string().regex(/^\d{8}T\d{6}Z?$/)

/** What a Director restore is started with. */
export const directorRequest = z.object({
  deployment: serverName,
  mode,
  /** The server the files are on. */
  server: serverName,
  stamp,
  edits: deploymentEdits,
  /**
   * `direct`: `setup.sh` fetches from the server itself. `served`: the five files are copied to the deployment host and
   * served there for as long as the script needs them: for a removable disk, or a server the hosts cannot reach.
   */
  fetch: z.enum(['direct', 'served']),
  /** Address under which the hosts of `master.yml` reach the deployment host; null: the one they are reached from. */
  serveOn: z.string().max(253).nullable().default(null),
  /** A server for a copy of the present configuration, taken before anything changes; null: none. */
  safetyCopy: serverName.nullable().default(null),
})
export type DirectorRequest = z.input<typeof directorRequest>

export const directorLine = z.object({
  id: z.string().max(80),
  title: z.string(),
  state: z.enum(['pass', 'warn', 'stop', 'not-tried']),
  finding: z.string(),
  fix: z.string().optional(),
  /** A change to `master.yml` that mends it. */
  edit: masterEdit.optional(),
  /** An unknown host key that may be pinned for `ip:port`. */
  pin: z.object({ address: z.string(), fingerprint: z.string() }).optional(),
  took: count,
})
export type DirectorLine = z.infer<typeof directorLine>

export const directorPreflightShape = z.object({
  verdict: z.enum(verdicts),
  lines: z.array(directorLine),
  /** The hosts of `master.yml` and what becomes of each. */
  hosts: z.array(z.object({ name: z.string(), ip: z.string(), erased: z.boolean() })),
  files: z.array(
    directorFile.extend({
      sha256: z.string().nullable(),
      /** The adoption whose hash it has; absent: it was not adopted, or not read whole. */
      adopted: z.object({ at: utc, on: z.string() }).exactOptional(),
    }),
  ),
  /** The names the operator types, one for each host that is erased. */
  confirm: z.array(z.string()),
  diffs: z.array(fileDiff),
  token: z.string(),
})
export type DirectorPreflight = z.infer<typeof directorPreflightShape>

export const playRecap = z.object({
  host: z.string(),
  ok: count,
  changed: count,
  unreachable: count,
  failed: count,
  skipped: count,
  rescued: count,
  ignored: count,
})
export type PlayRecap = z.infer<typeof playRecap>

/** What is known of a Director restore beside its run's record. */
export const directorStateShape = z.object({
  /** Where the script runs: `this machine` or `operator@192.0.2.30:22`. */
  host: z.string(),
  /** The deployment folder there, where `setup.sh` runs. */
  folder: z.string().exactOptional(),
  /** What the host says of itself: its system, its Ansible. */
  hostVersion: z.string().exactOptional(),
  /** Whether Drydock sees the script's output now; `lost`: it runs on, and is asked for again. */
  link: z.enum(['not-started', 'live', 'lost', 'ended']),
  /** While it is lost: when the host is asked again. */
  nextTry: utc.nullable().exactOptional(),
  /** When the script last said something. */
  lastOutput: utc.nullable(),
  /** The last play and task that began; null before the first. */
  play: z.string().nullable(),
  task: z.string().nullable(),
  tasks: count,
  ok: count,
  changed: count,
  unreachable: count,
  failed: count,
  recap: z.array(playRecap),
  /** The question that waits for the operator; null when there is none. */
  asking: z.object({ id: z.string(), text: z.string(), hidden: z.boolean(), since: utc }).nullable(),
  /** What state the hosts are in, in words: shown before a cancel and after a failure. */
  hostState: z.string(),
  exit: z.int().nullable(),
  afterwards: z.array(z.object({ id: z.enum(['director', 'analytics']), ok: z.boolean(), note: z.string() })),
})
export type DirectorState = z.infer<typeof directorStateShape>

export const directorContract = {
  'director.list': method(
    nothing,
    z.object({
      deployments: z.array(deploymentInfo),
      unreadable: z.array(z.object({ name: z.string(), detail: z.string() })),
    }),
  ),
  /** Adds it or replaces the one named `replaces`. `secrets: null` keeps those there are. */
  'director.save': method(
    z.object({
      record: z.record(z.string(), z.unknown()),
      /** `{password}` or `{privateKey, keyPassphrase?}`; go in, never come out. */
      secrets: secrets.nullable(),
      replaces: serverName.nullable(),
    }),
    deploymentInfo,
  ),
  /** Forgets the folder and its secrets. Nothing on its host is touched. */
  'director.remove': method(z.object({ name: serverName }), nothing),
  /**
   * Reads the folder: what is there, what both files say, what is wrong with them. An unknown host key fails with
   * `trust.host-key-unknown`, whose detail holds the fingerprint.
   */
  'director.read': method(z.object({ deployment: serverName }), deploymentView),
  /** The same with changes applied, and what they would change. Nothing is written. */
  'director.preview': method(
    z.object({ deployment: serverName, mode: mode.nullable(), edits: deploymentEdits }),
    z.object({
      verdict: z.enum(directorVerdicts),
      problems: z.array(directorProblem),
      diffs: z.array(fileDiff),
    }),
  ),
  /** Writes the changes now; the old files stay beside them. `run.conflict` when a file changed since `director.read`. */
  'director.write': method(
    z.object({ deployment: serverName, edits: deploymentEdits }),
    z.object({ diffs: z.array(fileDiff) }),
  ),
  /** Keeps a secret for an edit in the vault until it is written; answers the name to use in `masterEdit`. */
  'director.draft': method(
    z.object({ secret: z.string().min(1).max(4096) }),
    z.object({ draft: z.string() }),
  ),
  /**
   * The runs whose files are on a server, newest first. Reads only, and writes nothing there. `deep` looks into the
   * files of `stamp`, or of the newest run that is no safety copy, and into the `latest` copies too.
   */
  'director.points': method(
    z.object({ server: serverName, deep: z.boolean().default(false), stamp: stamp.optional() }),
    z.object({
      points: z.array(directorPoint),
      /** Whether it belongs to the vendor's continuous backup: it holds `dcrepository/` or `drrepository/`. */
      vendorOwned: z.boolean(),
      /**
       * What the `latest` copies are, each: the stamp they equal, or null. Only when it was looked into (`looked`) does
       * null say that it equals no run.
       */
      latest: z.array(directorFile.extend({ equals: z.string().nullable(), looked: z.boolean() })),
      /** Whether `setup.sh` can be told to fetch from it; null, or the reason why not. */
      notDirect: z.string().nullable(),
    }),
  ),
  /** Checks everything within 30 s; each line also comes as `director.checked` as soon as it is known. */
  'director.preflight': method(
    z.object({ id: z.string().max(64), request: directorRequest }),
    directorPreflightShape,
  ),
  'director.checked': event(z.object({ id: z.string(), line: directorLine })),
  /** Starts what the preflight found good: as `restore.start`. `typed`: the names of `confirm`, in that order. */
  'director.start': method(
    z.object({ request: directorRequest, token: z.string(), typed: z.array(z.string()).max(16) }),
    z.object({ runId }),
  ),
  /** Backs up the Director that `master.yml` names first. `plan: null`: under the deployment's own name. */
  'director.backup': method(
    z.object({
      deployment: serverName,
      servers: z.array(serverName).min(1).max(64),
      plan: z.string().refine(isPlanName, planNameRule).nullable().default(null),
      /** Whether the `latest` copies are replaced, last. */
      latest: z.boolean().default(true),
      /** Bytes per second for all servers together; null for no limit. */
      limit: z.int().positive().nullable().default(null),
    }),
    z.object({ runId }),
  ),
  'director.state': method(z.object({ runId }), directorStateShape),
  /** The script's output from an offset on, secrets masked; `next` is where to ask again. At most 256 KiB at once. */
  'director.terminal': method(
    z.object({ runId, from: count.default(0) }),
    z.object({ text: z.string(), next: count, size: count }),
  ),
  /** Types an answer to the question that waits. `run.conflict` when it waits no more. */
  'director.answer': method(
    z.object({ runId, question: z.string().max(64), text: z.string().max(4096), hidden: z.boolean() }),
    nothing,
  ),
  /** What the operator saw on the pages afterwards; goes into the report. */
  'director.afterwards': method(
    z.object({
      runId,
      checks: z
        .array(
          z.object({
            id: z.enum(['director', 'analytics']),
            ok: z.boolean(),
            note: z.string().max(2000),
          }),
        )
        .max(2),
    }),
    nothing,
  ),
  'director.changed': event(nothing),
}
