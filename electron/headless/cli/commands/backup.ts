import { resolve } from 'node:path'
import { componentOf, isPlanName } from '../../../engine/archive/names.ts'
import type { BackupOptions } from '../../../engine/backup/options.ts'
import type { BackupOutcome } from '../../../engine/backup/backup-run.ts'
import { findRoots } from '../../../engine/source/files/roots.ts'
import { EngineError } from '../../../engine/engine-error.ts'
import type { RunRecord } from '../../../../shared/run.ts'
import { formatBytes } from '../../../../shared/units.ts'
import type { CliContext } from '../context.ts'
import type { Ending } from '../ending.ts'
import { followRun, reportRun } from '../follow-run.ts'
import { askNewPassphrase } from '../prompt.ts'
import type { SecretOptions } from '../secrets.ts'
import type { Session } from '../session.ts'
import { withEngine } from '../session.ts'

export type BackupCommandOptions = SecretOptions & {
  name: string
  to: string[]
  exclude?: string[]
  compress?: 'zstd' | 'gzip' | 'none'
  level?: number
  encrypt?: string[]
  command?: string
  as?: string
  limit?: number
}

export async function backup(
  ctx: CliContext,
  paths: string[],
  options: BackupCommandOptions,
): Promise<Ending> {
  const asked = backupOptionsOf(paths, options, ctx.folder)
  // What cannot be backed up is told before a run is made of it.
  if (asked.source.kind === 'files') findRoots(asked.source.paths)
  else if (asked.source.kind === 'command') componentOf(asked.source.as)
  return await withEngine(ctx, options, async session => {
    // A server that is misspelt is told before a passphrase is asked for.
    for (const name of asked.servers) await session.engine.servers.get(name)
    const passphrase = asked.encryptTo === 'passphrase' ? await passphraseFor(session) : undefined
    ctx.masker.learn(passphrase)
    const run = await session.engine.startBackup(asked, passphrase)
    return await reportBackup(ctx, await followRun(ctx, run))
  })
}

/** The end of a backup run: its restore point, where it is, and what was met on the way. */
export async function reportBackup(ctx: CliContext, record: RunRecord): Promise<Ending> {
  const outcome = record.outcome as BackupOutcome | null
  if (record.state !== 'succeeded' || !outcome) return await reportRun(ctx, record)
  const { point, servers, files, bytes } = outcome
  // In the order they were asked for; the outcome has them in the order in which they finished.
  const { servers: order = [] } = record.options as Partial<BackupOptions>
  const done = order.filter(name => servers[name] === 'done')
  const failed = order.filter(name => servers[name] !== 'done')
  const [name, stamp] = point.split('@')
  await ctx.out.event('point', {
    point,
    name,
    stamp,
    servers: done,
    files,
    bytes,
    state: 'complete',
    verified: null,
  })
  await ctx.out.line(
    `${point}: ${files} ${files === 1 ? 'file' : 'files'}, ${formatBytes(bytes)} stored on ${done.join(', ')}`,
  )
  if (failed.length > 0)
    ctx.out.say(
      `It is not on ${failed.join(', ')}; copy it there later: drydock copy ${point} --from ${done[0] ?? 'SERVER'} --to ${failed[0] ?? 'SERVER'}`,
    )
  return await reportRun(ctx, record, { point })
}

/** @throws EngineError `input.invalid` for what does not go together */
export function backupOptionsOf(
  paths: readonly string[],
  options: BackupCommandOptions,
  folder: string,
): BackupOptions {
  const { name, to, command, as } = options
  if (!isPlanName(name))
    throw invalid('--name: lower-case letters, digits, dots and dashes, at most 63', name)
  if (to.length === 0) throw invalid('--to: at least one server is needed')
  if (command === undefined && paths.length === 0)
    throw invalid('say what to back up: PATH…, or --command CMD --as FILE')
  if (command !== undefined && paths.length > 0) throw invalid('either paths or --command, not both')
  if ((command === undefined) !== (as === undefined)) throw invalid('--command and --as belong together')
  if (command !== undefined && options.exclude)
    throw invalid('--exclude is for files, not for the output of a command')
  // A command's output is stored as it comes unless asked otherwise.
  const compression = options.compress ?? (command === undefined ? 'zstd' : 'none')
  const source: BackupOptions['source'] =
    command !== undefined && as !== undefined
      ? { kind: 'command', command, as }
      : { kind: 'files', paths: paths.map(path => resolve(folder, path)), excludes: options.exclude ?? [] }
  return {
    plan: name,
    servers: to,
    source,
    compression,
    level: levelFor(compression, options.level),
    encryptTo: encryptTo(options.encrypt),
    limit: options.limit ?? null,
  }
}

export function levelFor(compression: BackupOptions['compression'], level: number | undefined): number {
  if (compression === 'gzip') {
    if (level !== undefined && (level < 0 || level > 9)) throw invalid('--level: gzip knows 0 to 9')
    return level ?? 6
  }
  if (compression === 'none' && level !== undefined) throw invalid('--level says nothing without compression')
  return level ?? 3
}

export function encryptTo(to: readonly string[] | undefined): BackupOptions['encryptTo'] {
  if (!to) return null
  if (to.length === 1 && to[0] === 'passphrase') return 'passphrase'
  if (to.length === 0 || !to.every(key => /^age1[0-9a-z]{20,}$/.test(key)))
    throw invalid(
      '--encrypt: passphrase, or public keys that begin with age1 (the passphrase itself is never an argument)',
    )
  return { recipients: [...to] }
}

export async function passphraseFor({ given, mayAsk }: Session): Promise<string> {
  const { passphrase } = given.decryptWith
  if (passphrase === '') throw invalid('the passphrase is empty')
  if (passphrase !== undefined) return passphrase
  const typed = mayAsk
    ? await askNewPassphrase('Passphrase to encrypt with (without it nobody can restore)')
    : null
  if (typed === null)
    throw new EngineError('auth.secret-missing', 'backup.start', {
      detail: 'to encrypt, {"passphrase":…} is needed',
    })
  return typed
}

const invalid = (detail: string, subject?: string) =>
  new EngineError('input.invalid', 'backup.start', { detail, ...(subject === undefined ? {} : { subject }) })
