import { execFile } from 'node:child_process'
import { mkdir, readFile, readdir } from 'node:fs/promises'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { onTestFinished } from 'vitest'
import type { Manifest } from '../../electron/engine/archive/manifest.ts'
import { decodeManifest } from '../../electron/engine/archive/manifest.ts'
import type { BackupOptions } from '../../electron/engine/backup/options.ts'
import type { Engine, EngineOptions } from '../../electron/engine/engine.ts'
import { createEngine } from '../../electron/engine/engine.ts'
import type { StoredRun } from '../../electron/engine/run/stored-run.ts'
import type { Vault } from '../../electron/engine/vault/index.ts'
import { tempFolder } from './temp-folder.ts'
import { testVault } from './test-vault.ts'

/** An engine on a state folder of its own, and local disk servers beside it. */
export type TestEngine = {
  engine: Engine
  /** Everything of this test lies in here; removed when it has finished. */
  root: string
  home: string
  vault: Vault
  /** Adds a local disk server; answers its folder. */
  addServer(name: string): Promise<string>
}

export type TestEngineOptions = Partial<Omit<EngineOptions, 'home' | 'vault'>> & {
  /** A folder of an earlier engine of the same test, to open its state again. */
  root?: string
  vault?: 'memory' | 'passphrase'
}

export async function openTestEngine(options: TestEngineOptions = {}): Promise<TestEngine> {
  const { root: given, vault: tier = 'memory', ...rest } = options
  const root = given ?? (await tempFolder())
  const home = join(root, 'home')
  await mkdir(home, { recursive: true })
  const vault = await testVault(home, tier)
  const engine = createEngine({ env: {}, version: '0.0.0-test', ...rest, home, vault })
  onTestFinished(() => engine.close())
  return {
    engine,
    root,
    home,
    vault,
    async addServer(name) {
      const path = join(root, `server-${name}`)
      await engine.servers.add(
        { type: 'local', name, path, added: new Date().toISOString(), learned: {} },
        null,
      )
      return path
    },
  }
}

/** Options of a backup of `paths` with defaults for the rest. */
export function filesBackup(
  paths: string[],
  servers: string[],
  rest: Partial<BackupOptions> & { excludes?: string[] } = {},
): BackupOptions {
  const { excludes = [], ...others } = rest
  const source = { kind: 'files' as const, paths, excludes }
  return {
    plan: 'docs',
    servers,
    source,
    compression: 'zstd',
    level: 1,
    encryptTo: null,
    limit: null,
    ...others,
  }
}

/** Options of a backup of what `command` prints. */
export function commandBackup(
  command: string,
  as: string,
  servers: string[],
  rest: Partial<BackupOptions> = {},
): BackupOptions {
  return {
    plan: 'db',
    servers,
    source: { kind: 'command', command, as },
    compression: 'none',
    level: 0,
    encryptTo: null,
    limit: null,
    ...rest,
  }
}

/** Runs a backup to its end; the record tells how it went. */
export async function backUp(
  { engine }: TestEngine,
  options: BackupOptions,
  passphrase?: string,
): Promise<StoredRun> {
  const run = await engine.startBackup(options, passphrase)
  return await run.done
}

/** The only manifest in a server's folder. */
export async function onlyManifest(folder: string): Promise<Manifest> {
  const names = (await objectsIn(folder)).filter(name => name.endsWith('.manifest.json'))
  if (names.length !== 1) throw new Error(`${names.length} manifests: ${names.join(', ')}`)
  return decodeManifest(await readFile(join(folder, names[0]!)), names[0]!)
}

/** All names in a server's folder, partial uploads among them, without what identifies the medium. */
export async function objectsIn(folder: string): Promise<string[]> {
  return (await readdir(folder)).filter(name => name !== '.drydock-medium.json').sort()
}

/** The problems of a run, all of them. */
export async function problemsOf(
  run: StoredRun,
  home: string,
): Promise<{ code: string; subject: string; detail: string }[]> {
  const text = await readFile(join(home, 'runs', run.id, 'problems.jsonl'), 'utf8').catch(() => '')
  return text
    .split('\n')
    .filter(Boolean)
    .map(line => JSON.parse(line) as { code: string; subject: string; detail: string })
}

const exec = promisify(execFile)

/** Runs `script` in a shell that stops at the first failure, also inside a pipe; answers its output. Fails with its last words. */
export async function shell(
  script: string,
  options: { cwd?: string; args?: string[]; env?: Record<string, string>; input?: Uint8Array } = {},
): Promise<string> {
  const { cwd, args = [], env = {}, input } = options
  const running = exec('bash', ['-o', 'pipefail', '-euc', script, 'bash', ...args], {
    ...(cwd === undefined ? {} : { cwd }),
    env: { ...process.env, LC_ALL: 'C', TZ: 'UTC', ...env },
    maxBuffer: 256 * 1024 * 1024,
  })
  // A reader may end before it has seen all: its own status says whether that is right.
  running.child.stdin?.on('error', () => {}).end(input)
  return (await running).stdout
}
