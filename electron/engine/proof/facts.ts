import { createReadStream } from 'node:fs'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { z } from 'zod'
import type { ProofReport } from '../../../shared/contract/proof.ts'
import { pathFromFields, rawToDisplay } from '../archive/raw-path.ts'
import { ledgerFile, noCounts } from '../restore/messages.ts'
import type { RestoreCounts, RestoreOptions } from '../restore/options.ts'
import { restoreOptions } from '../restore/options.ts'
import { readJournal } from '../run/index.ts'
import type { StoredRun } from '../run/index.ts'
import { lastSign, notWorkedOn } from '../run/run-phases.ts'
import type { ReadFrom } from './read-from.ts'
import { readReadFrom } from './read-from.ts'

/** How many problems go into a report itself; `run.problems` has them all. */
const mostProblems = 5000

/**
 * A time in which an outage was declared; `ended` is null while it goes on. ISO 8601 UTC. `recoveryTarget`: minutes that
 * the recovery may take, where that is known.
 */
export type OutageSpan = { declared: string; ended: string | null; recoveryTarget?: number | null }
/** Which plan and system a point belongs to, with the system's targets in minutes. */
export type Belongs = {
  plan: string | null
  system: { name: string; dataLossTarget: number | null; recoveryTarget: number | null } | null
}

/** All that the report of one restore follows from. */
export type ProofFacts = {
  record: StoredRun
  options: RestoreOptions
  from: ReadFrom | null
  counts: RestoreCounts
  /** The folder that entry paths are relative to; null when the run did not come so far. */
  target: string | null
  problems: ProofReport['problems']
  /** Of a restore that has succeeded: what of it does not come from the backup; null when all does. */
  missing: NonNullable<ProofReport['missing']> | null
  /** When it ended, or when it last gave a sign of life. */
  until: string
  wasTakenUp: boolean
  belongs: Belongs
  outages: readonly OutageSpan[]
}

const count = z.int().nonnegative()
const countsShape = z.object({
  ...{ created: count, replaced: count, same: count, left: count, refused: count },
  ...{ failed: count, damaged: count, files: count, bytes: count },
})
const outcomeShape = z.object({ target: z.string(), counts: countsShape })
const journalLine = z.object({ counts: countsShape, target: z.string().optional() })
const ledgerLine = z.object({
  action: z.enum(['create', 'replace', 'same', 'leave', 'refuse', 'failed']),
  kind: z.string(),
  size: count,
  path: z.string().optional(),
  pathBase64: z.string().optional(),
})

/** So many names go into a report; the ledger has them all. */
const mostNames = 10

/** Null for a run that is no restore, or whose options cannot be read. */
export async function proofFacts(
  record: StoredRun,
  folder: string,
  around: {
    belongs: (point: string) => Promise<Belongs>
    outages: readonly OutageSpan[]
    /** Takes what costs the report a few lines: a damaged note of what was read from. */
    warn: (err: unknown) => null
  },
): Promise<ProofFacts | null> {
  const options = record.kind === 'restore' ? restoreOptions.safeParse(record.options) : null
  if (!options?.success) return null
  const outcome = outcomeShape.safeParse(record.outcome)
  const reached = outcome.success ? outcome.data : await reachedSoFar(folder)
  return {
    record,
    options: options.data,
    from: await readReadFrom(folder).catch(around.warn),
    counts: reached.counts,
    target: reached.target ?? options.data.into,
    problems: await problemsOf(folder),
    missing: record.state === 'succeeded' ? await missingFrom(folder, reached.counts) : null,
    until: record.ended ?? (await lastSign(folder, record)),
    wasTakenUp: record.phases?.some(({ name }) => name === notWorkedOn) ?? false,
    belongs: await around.belongs(options.data.point),
    outages: around.outages,
  }
}

/** Of a run without an outcome: what its journal says, or its ledger where the journal has no counts. */
async function reachedSoFar(folder: string): Promise<{ counts: RestoreCounts; target: string | null }> {
  let counts: RestoreCounts | null = null
  let target: string | null = null
  for await (const line of readJournal(join(folder, 'journal.jsonl'))) {
    const parsed = journalLine.safeParse(line)
    if (!parsed.success) continue
    counts = parsed.data.counts
    target = parsed.data.target ?? target
  }
  return { counts: counts ?? (await countsOfLedger(folder)), target }
}

const field = {
  create: 'created',
  replace: 'replaced',
  same: 'same',
  leave: 'left',
  refuse: 'refused',
  failed: 'failed',
} as const

async function countsOfLedger(folder: string): Promise<RestoreCounts> {
  const counts = noCounts()
  for await (const line of linesOf(join(folder, ledgerFile))) {
    const parsed = ledgerLine.safeParse(line)
    if (!parsed.success) continue
    const { action, kind, size } = parsed.data
    counts[field[action]]++
    if ((action === 'create' || action === 'replace') && (kind === 'file' || kind === 'hardlink')) {
      counts.files++
      counts.bytes += size
    }
  }
  return counts
}

/** Reads the ledger only when its counts say that something is missing. */
async function missingFrom(
  folder: string,
  { left, refused, failed }: RestoreCounts,
): Promise<ProofFacts['missing']> {
  if (left + refused + failed === 0) return null
  const missing = { files: 0, bytes: 0, ofFiles: 0, ofBytes: 0, names: [] as string[] }
  for await (const line of linesOf(join(folder, ledgerFile))) {
    const parsed = ledgerLine.safeParse(line)
    if (!parsed.success) continue
    const { action, kind, size, path, pathBase64 } = parsed.data
    const isMissing = action === 'leave' || action === 'refuse' || action === 'failed'
    if (isMissing && missing.names.length < mostNames && (path ?? pathBase64) !== undefined)
      missing.names.push(
        rawToDisplay(pathFromFields(path === undefined ? { pathBase64: pathBase64 ?? '' } : { path })),
      )
    if (kind !== 'file' && kind !== 'hardlink') continue
    missing.ofFiles++
    missing.ofBytes += size
    if (!isMissing) continue
    missing.files++
    missing.bytes += size
  }
  return missing
}

const problemShape = z.object({ code: z.string(), subject: z.string(), detail: z.string() })

export async function problemsOf(folder: string): Promise<ProofReport['problems']> {
  const problems: ProofReport['problems'] = []
  for await (const line of linesOf(join(folder, 'problems.jsonl'))) {
    const parsed = problemShape.safeParse(line)
    if (parsed.success) problems.push(parsed.data)
    if (problems.length >= mostProblems) break
  }
  return problems
}

/** The JSON lines of a file; one that cannot be read hides no other, and a file that is not there has none. */
async function* linesOf(file: string): AsyncGenerator<unknown> {
  const input = createReadStream(file)
  try {
    for await (const line of createInterface({ input, crlfDelay: Infinity })) {
      try {
        yield JSON.parse(line) as unknown
      } catch {
        continue
      }
    }
  } catch (err) {
    if ((err as NodeJS.ErrnoException).code !== 'ENOENT') throw err
  } finally {
    input.destroy()
  }
}
