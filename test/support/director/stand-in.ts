import { createHash } from 'node:crypto'
import {
  chmod,
  chown,
  cp,
  mkdir,
  mkdtemp,
  readFile,
  readdir,
  readlink,
  rm,
  stat,
  writeFile,
} from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import type { DirectorComponent, DirectorMode } from '../../../shared/director-files.ts'
import { directorComponents, parseDirectorFile } from '../../../shared/director-files.ts'
import { ensureDebianPackages } from '../servers/debian.ts'
import type { Ensured } from '../servers/debian.ts'
import type { MasterOptions, RestoreYmlOptions } from './yaml-files.ts'
import { masterYml, restoreYml } from './yaml-files.ts'

/** A named place in the course of the stand-in's `setup.sh`: after its first play, after the answers, and so on. */
export type StandInPoint = 'start' | 'answers' | 'erased' | 'fetch' | 'half' | 'unpack' | 'end'

/** What it does beside a plain restore; what each does stands in `deployment/stand-in/behave.sh`. */
export type Behaviour =
  | `${'gate' | 'task-fails' | 'exits' | 'dies' | 'reboots' | 'weird' | 'echoes-secret'}:${StandInPoint}`
  | `${'asks-visible' | 'asks-hidden' | 'asks-menu' | 'ignored-failure' | 'mimics-prompt'}:${StandInPoint}`
  | `exits:${StandInPoint}:${number}`
  | `dies:${StandInPoint}:${string}`
  | `huge:${StandInPoint}:${number}`
  | `asks-again:${string}`
  | `missing-file:${DirectorComponent}`
  | `unreachable:${string}`
  | 'shows-secret'
  | 'splits-prompts'
  | 'no-space'
  | 'coloured-prompts'
  | 'mismatch-ends'
  | 'wrong-key'
  | 'one-recap'
  | 'no-colour'
  | 'ignores-ctrl-c'

export type StandInOptions = Omit<MasterOptions, 'mode'> & {
  mode?: DirectorMode
  restore?: RestoreYmlOptions
  behave?: readonly Behaviour[]
  /** Of an Azurite; the answers of `setup.sh` name no endpoint. */
  azureEndpoint?: string
  /** How its text spells the verbs of a switch-over; the vendor's documents know both. */
  verbs?: 'hyphens' | 'underscores' | 'none'
  /** The role of the site as a switch-over finds it; `DC` is the active one when absent. */
  active?: boolean
  /** Where a switch-over puts the backup of the active site; nowhere when absent. */
  backupTo?: string
  /** Whoever runs `setup.sh`, when that is another one than the test: all of it is given to that user. */
  owner?: { uid: number; gid: number }
}

/** One start of `setup.sh`, as it recorded it itself. */
export type StandInCall = {
  pid: number
  /** `standalone restore`; for a cluster `cluster restore`. */
  words: string
  /** Null while it runs, and for ever when it was killed. */
  exit: number | null
  /** Ids of questions in the order they were answered, and the SHA-256 of what was typed. */
  answers: { id: string; sha256: string }[]
}

export type StandInGate = {
  /** Resolves once `setup.sh` waits there. Fails after 30 s. */
  reached(): Promise<void>
  open(): Promise<void>
}

export type StandIn = {
  /** The deployment folder (`…/deployment/setup`): `setup.sh`, `master.yml`, `restore.yml`. */
  folder: string
  /** What it recorded: a line for each thing that happened. Never holds an answer. */
  log(): Promise<string>
  calls(): Promise<StandInCall[]>
  /** Needs the behaviour `gate:<point>`. */
  gate(point: StandInPoint): StandInGate
  /** Replaces what it does beside a plain restore, for the starts to come. */
  behave(behaviours: readonly Behaviour[]): Promise<void>
  /** SHA-256 of each file that was fetched and unpacked; fails when no restore has ended well. */
  restored(): Promise<Record<DirectorComponent, string>>
  /** Bytes of a file below `restored/<component>/`. */
  unpacked(component: DirectorComponent, path: string): Promise<Buffer>
  /** The role that a switch-over has given the site. */
  siteState(): Promise<'active' | 'passive'>
  /** Names in the folder that a deployment does not have before a restore: empty while nothing was changed. */
  changes(): Promise<string[]>
  /** Kills what still runs of it and removes everything. */
  remove(): Promise<void>
}

/** What `setup.sh` runs. */
export const standInAvailable = (): Promise<Ensured> =>
  ensureDebianPackages(['bash', 'curl', 'python3', 'gzip', 'tar'])

/** Makes a deployment folder of its own in a temporary folder. `remove` must be called. */
export async function makeStandIn(options: StandInOptions = {}): Promise<StandIn> {
  const { restore, behave = [], azureEndpoint, owner, mode = 'standalone', ...rest } = options
  const { verbs = 'hyphens', active = rest.site === 'DC', backupTo, ...master } = rest
  const root = await mkdtemp(join(tmpdir(), 'drydock-stand-in-'))
  const folder = join(root, 'deployment', 'setup')
  const record = join(root, 'record')
  await mkdir(join(root, 'deployment'))
  await mkdir(join(record, 'gates'), { recursive: true })
  await cp(fileURLToPath(new URL('deployment', import.meta.url)), folder, { recursive: true })
  // A checkout may have lost the mode.
  await chmod(join(folder, 'setup.sh'), 0o755)
  if (verbs !== 'hyphens') await respell(join(folder, 'setup.sh'), verbs)
  await writeFile(join(record, 'site'), active ? 'active\n' : 'passive\n')
  await writeFile(join(folder, 'master.yml'), masterYml({ mode, ...master }), { mode: 0o600 })
  await writeFile(join(folder, 'restore.yml'), restoreYml(restore))
  const configure = (behaviours: readonly Behaviour[]) =>
    writeFile(
      join(folder, 'stand-in.conf'),
      [
        `record=${record}`,
        ...(azureEndpoint === undefined ? [] : [`azure-endpoint=${azureEndpoint}`]),
        ...(backupTo === undefined ? [] : [`backup-to=${backupTo}`]),
        ...behaviours.map(each => `behave=${each}`),
        '',
      ].join('\n'),
    )
  await configure(behave)
  if (owner) await giveTo(root, owner)
  const before = new Set(await readdir(folder))
  const read = (name: string) => readFile(join(record, name), 'utf8').catch(() => '')
  const calls = async () => parseCalls(await read('log'), await read('answers'))
  return {
    folder,
    log: () => read('log'),
    calls,
    gate: point => gateAt(join(record, 'gates', point)),
    behave: configure,
    restored: () => restoredHashes(join(folder, 'restored')),
    unpacked: (component, path) => readFile(join(folder, 'restored', component, path)),
    siteState: async () => ((await read('site')).trim() === 'active' ? 'active' : 'passive'),
    changes: async () => (await readdir(folder)).filter(name => !before.has(name)),
    remove: async () => {
      for (const { pid, exit } of await calls()) if (exit === null) await killOwn(pid, folder)
      await rm(root, { recursive: true, force: true, maxRetries: 5 })
    },
  }
}

/** A script of another version: with the verbs as the vendor's guide writes them, or without. */
async function respell(script: string, verbs: 'underscores' | 'none'): Promise<void> {
  const text = await readFile(script, 'utf8')
  const named = (from: string, to: string) => (verbs === 'none' ? `move-${from}` : `${from}_to_${to}`)
  const spelled = text.replaceAll('dc-to-dr', named('dc', 'dr')).replaceAll('dr-to-dc', named('dr', 'dc'))
  await writeFile(script, spelled)
}

function gateAt(path: string): StandInGate {
  return {
    reached: async () => {
      const deadline = Date.now() + 30_000
      while (!(await exists(`${path}.reached`))) {
        if (Date.now() > deadline) throw new Error(`setup.sh did not come to ${path}`)
        await delay(25)
      }
    },
    open: () => writeFile(`${path}.open`, ''),
  }
}

const exists = (path: string): Promise<boolean> =>
  stat(path).then(
    () => true,
    () => false,
  )

async function giveTo(path: string, owner: { uid: number; gid: number }): Promise<void> {
  await chown(path, owner.uid, owner.gid)
  if (!(await stat(path)).isDirectory()) return
  for (const name of await readdir(path)) await giveTo(join(path, name), owner)
}

/** Lines of the log are `SECONDS PID words…`, of the answers `PID ID SHA-256`. */
function parseCalls(log: string, answers: string): StandInCall[] {
  const found: StandInCall[] = []
  for (const line of log.split('\n')) {
    const [, pid, words = ''] = /^\S+ (\d+) (.*)$/.exec(line) ?? []
    if (words.startsWith('begin ')) {
      found.push({ pid: Number(pid), words: words.slice('begin '.length), exit: null, answers: [] })
    }
    const call = found.find(each => each.pid === Number(pid))
    if (call && words.startsWith('end ')) call.exit = Number(words.slice('end '.length))
  }
  for (const line of answers.split('\n')) {
    const [pid, id, sha256] = line.split(' ')
    if (id && sha256) found.find(each => each.pid === Number(pid))?.answers.push({ id, sha256 })
  }
  return found
}

/** Hashes what the script kept, so that nothing it says about itself is believed. */
async function restoredHashes(restored: string): Promise<Record<DirectorComponent, string>> {
  await stat(join(restored, 'DONE'))
  const hashes: Partial<Record<DirectorComponent, string>> = {}
  for (const name of await readdir(join(restored, 'fetched'))) {
    const component = parseDirectorFile(name)?.component
    if (!component) throw new Error(`${name} is no file of a backup`)
    if ((await readdir(join(restored, component))).length === 0)
      throw new Error(`${component} was not unpacked`)
    hashes[component] = createHash('sha256')
      .update(await readFile(join(restored, 'fetched', name)))
      .digest('hex')
  }
  for (const component of directorComponents)
    if (!hashes[component]) throw new Error(`${component} is missing`)
  return hashes as Record<DirectorComponent, string>
}

/** A process id may be another's by now: only what stands in the folder is killed. */
async function killOwn(pid: number, folder: string): Promise<void> {
  if ((await readlink(`/proc/${pid}/cwd`).catch(() => '')) !== folder) return
  try {
    process.kill(pid, 'SIGKILL')
  } catch {
    // It ended between the look and the kill.
  }
}
