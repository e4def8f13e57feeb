import { join } from 'node:path'
import { readFile, writeFile } from 'node:fs/promises'
import type { BackupOutcome } from '../../electron/engine/backup/backup-run.ts'
import { runBackup } from '../../electron/engine/backup/backup-run.ts'
import type { BackupOptions } from '../../electron/engine/backup/options.ts'
import type { Clock } from '../../electron/engine/ports.ts'
import { systemClock } from '../../electron/engine/ports.ts'
import type { StartedRun } from '../../electron/engine/run/index.ts'
import { RunRegistry, startRun } from '../../electron/engine/run/index.ts'
import type { ObjectStore } from '../../electron/engine/store/object-store.ts'
import type { Vault } from '../../electron/engine/vault/index.ts'
import { openVault } from '../../electron/engine/vault/index.ts'
import type { Fake } from '../support/fake-store.ts'
import { tempFolder } from '../support/temp-folder.ts'
import { writeSparse } from '../support/tree.ts'
import { MiB } from '../../shared/units.ts'
import { filesBackup } from '../support/engine.ts'

/** A server that can be opened, or why it cannot. */
export type Servers = Record<string, ObjectStore | Error>

export type Bench = {
  root: string
  home: string
  source: string
  registry: RunRegistry
  vault: Vault
  start(servers: Servers, more?: More): Promise<StartedRun>
  resume(id: string, servers: Servers, more?: More): Promise<StartedRun>
}
type More = { options?: Partial<BackupOptions>; clock?: Clock; patienceMs?: number; passphrase?: string }

/** A source that makes `parts` parts of 8 MiB, uncompressed; runs of it against stores as given, without retries. */
export async function backupBench(parts: number): Promise<Bench> {
  const root = await tempFolder()
  const home = join(root, 'home')
  const source = join(root, 'source')
  const islands = Array.from(
    { length: parts },
    (_, part) => [part * 8 * MiB + 5 * MiB, `island ${part}`] as const,
  )
  writeSparse(source, parts * 8 * MiB - 100_000, islands)
  const registry = new RunRegistry(home)
  const vault = await openVault({ home, env: { DRYDOCK_VAULT: 'memory' } })
  const body =
    (options: BackupOptions, servers: Servers, { clock = systemClock, patienceMs, passphrase }: More) =>
    (run: Parameters<typeof runBackup>[0]) =>
      runBackup(
        run,
        options,
        {
          openServer: async name => {
            const server = servers[name]
            if (!server || server instanceof Error) throw server ?? new Error('no such server')
            return server
          },
          vault,
          clock,
          version: '0.0.0-test',
          never: [],
          ...(patienceMs === undefined ? {} : { patienceMs }),
        },
        passphrase,
      )
  const optionsFor = (servers: Servers, more: More) =>
    filesBackup([source], Object.keys(servers), { compression: 'none', level: 0, ...more.options })
  return {
    root,
    home,
    source,
    registry,
    vault,
    start: (servers, more = {}) => {
      const options = optionsFor(servers, more)
      return startRun(registry, { kind: 'backup', about: 'test', options }, body(options, servers, more), {
        clock: more.clock ?? systemClock,
      })
    },
    resume: (id, servers, more = {}) =>
      startRun(registry, { resumeOf: id }, body(optionsFor(servers, more), servers, more)),
  }
}

/** Names on a fake server by what they are, stamps left out. */
export const namesOn = (fake: Fake): string[] =>
  [...fake.objects.keys()].map(name => name.replace(/\d{8}T\d{6}Z/, 'STAMP')).sort()

export const complete = [
  'docs_STAMP.manifest.json',
  'docs_files_STAMP.entries.jsonl.zst',
  'docs_files_STAMP.tar',
]

/** Indices of the parts that were handed to a server, in order. */
export const partsSent = (fake: Fake): number[] =>
  fake.calls.filter(call => call.method === 'write').map(call => call.index ?? -1)

export function contentOf(fake: Fake, ending = '.tar'): Buffer {
  const [name] = [...fake.objects.keys()].filter(key => key.endsWith(ending))
  return Buffer.from(fake.objects.get(name ?? '') ?? [])
}

export const outcomeOf = (record: { outcome: unknown }): BackupOutcome => record.outcome as BackupOutcome

/** Takes lines out of a run's journal, as if the process had died before it wrote them. */
export async function forgetLines(
  folder: string,
  isForgotten: (line: { t: string; server?: string }) => boolean,
): Promise<void> {
  const file = join(folder, 'journal.jsonl')
  const lines = (await readFile(file, 'utf8')).split('\n').filter(Boolean)
  const kept = lines.filter(line => !isForgotten(JSON.parse(line) as { t: string; server?: string }))
  await writeFile(file, kept.map(line => `${line}\n`).join(''))
}

export async function journalOf(folder: string): Promise<{ t: string; [key: string]: unknown }[]> {
  const text = await readFile(join(folder, 'journal.jsonl'), 'utf8')
  return text
    .split('\n')
    .filter(Boolean)
    .map(line => JSON.parse(line) as { t: string })
}
