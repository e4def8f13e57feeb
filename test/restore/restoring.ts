import { readFile } from 'node:fs/promises'
import type { LedgerLine, RestoreOptions, RestoreOutcome } from '../../electron/engine/restore/options.ts'
import type { DecryptWith } from '../../electron/engine/archive/age/key.ts'
import type { StoredRun } from '../../electron/engine/run/stored-run.ts'
import type { Engine } from '../../electron/engine/engine.ts'

/** Options of a restore of everything into `into`, with defaults for the rest. */
export function restoreAll(
  point: string,
  server: string,
  into: string | null,
  rest: Partial<RestoreOptions> = {},
): RestoreOptions {
  return {
    point,
    server,
    into,
    only: [],
    overwrite: 'never',
    fullPaths: false,
    numericIds: false,
    special: false,
    limit: null,
    ...rest,
  }
}

export type Restored = { record: StoredRun; outcome: RestoreOutcome; ledger: LedgerLine[] }

/** Restores and waits for the end. */
export async function restore(
  engine: Engine,
  options: RestoreOptions,
  secret?: DecryptWith,
): Promise<Restored> {
  const run = await engine.startRestore(options, secret)
  return await resultOf(await run.done)
}

export async function resultOf(record: StoredRun): Promise<Restored> {
  const outcome = record.outcome as RestoreOutcome
  return { record, outcome, ledger: outcome ? await readLedger(outcome.ledger) : [] }
}

export async function readLedger(file: string): Promise<LedgerLine[]> {
  const text = await readFile(file, 'utf8')
  return text
    .split('\n')
    .filter(Boolean)
    .map(line => JSON.parse(line) as LedgerLine)
}

export async function preview(engine: Engine, options: RestoreOptions): Promise<LedgerLine[]> {
  const lines: LedgerLine[] = []
  for await (const line of engine.previewRestore(options)) lines.push(line)
  return lines
}

/** `path action`, sorted, to be compared. */
export const actions = (lines: readonly LedgerLine[]): string[] =>
  lines.map(line => `${line.path ?? line.pathBase64} ${line.action}`).sort()
