import { readFile, readdir } from 'node:fs/promises'
import { join } from 'node:path'
import type { ProofReport, ProofSummary } from '../../../shared/contract/proof.ts'
import { proofReport } from '../../../shared/contract/proof.ts'
import { EngineError, fromFsError } from '../engine-error.ts'
import type { Log } from '../ports.ts'
import type { RunRegistry, StoredRun } from '../run/index.ts'
import { isRunId, isUnderWay } from '../run/index.ts'
import { lastSign } from '../run/run-phases.ts'
import { writeFileAtomically } from '../state/atomic-file.ts'
import type { Belongs, OutageSpan } from './facts.ts'
import { directorReportOf } from './director-report.ts'
import { askedOf, pointOf, readAfterwards, readDirectorSection } from './director-section.ts'
import { problemsOf, proofFacts } from './facts.ts'
import { proofReportOf, summaryOf } from './proof-report.ts'

export type ProofSources = {
  runs: RunRegistry
  belongs: (point: string) => Promise<Belongs>
  outages: () => Promise<readonly OutageSpan[]>
  /** What a server is, in one line; null when Drydock knows none of that name any more. */
  server: (name: string) => Promise<string | null>
  /** Where a deployment folder is; null when Drydock knows none of that name any more. */
  deployment: (name: string) => Promise<{ host: string; folder: string } | null>
  log?: Log
}

const reportFile = 'proof.json'

/**
 * The reports of all restores. That of one that has succeeded is written into its run's folder the first time it is
 * looked at, and stays as it is: targets that are changed later do not change what was measured.
 */
export class ProofBook {
  readonly #sources: ProofSources
  /** Runs that are no restores: looked at once. */
  readonly #others = new Set<string>()
  readonly #told = new Set<string>()
  readonly #summaries = new Map<string, { seq: number; summary: ProofSummary }>()

  constructor(sources: ProofSources) {
    this.#sources = sources
  }

  /** Newest first. A run that cannot be read hides no other. */
  async list(): Promise<ProofSummary[]> {
    const ids = (await this.#ids()).filter(id => !this.#others.has(id))
    const summaries: ProofSummary[] = []
    for (const id of ids.sort().reverse()) {
      const summary = await this.#summary(id)
      if (summary) summaries.push(summary)
    }
    return summaries
  }

  /** @throws EngineError `run.unknown`; `input.invalid` for a run that is no restore, `run.conflict` while it goes on */
  async show(id: string): Promise<ProofReport> {
    const record = await this.#sources.runs.get(id)
    if (isUnderWay(record))
      throw new EngineError('run.conflict', 'proof.show', {
        subject: id,
        detail: 'the restore still goes on; its report is there when it has ended',
      })
    const report = await this.#report(record)
    if (report) return report
    throw new EngineError('input.invalid', 'proof.show', { subject: id, detail: 'the run is no restore' })
  }

  async #summary(id: string): Promise<ProofSummary | null> {
    const record = await this.#sources.runs.get(id).catch((err: unknown) => this.#tell(id, err))
    if (!record) return null
    if (record.kind !== 'restore' && record.kind !== 'director-restore') {
      this.#others.add(id)
      return null
    }
    if (isUnderWay(record)) return null
    const known = this.#summaries.get(id)
    if (known?.seq === record.seq) return known.summary
    const report = await this.#report(record).catch((err: unknown) => this.#tell(id, err))
    if (!report) return null
    const summary = summaryOf(report)
    this.#summaries.set(id, { seq: record.seq, summary })
    return summary
  }

  async #report(record: StoredRun): Promise<ProofReport | null> {
    const folder = this.#sources.runs.folderOf(record.id)
    const kept = record.state === 'succeeded' ? await this.#kept(record, folder) : null
    if (kept && (await isComplete(kept, folder))) return kept
    const made = await this.#made(record, folder)
    if (!made) return kept
    const report = kept ? withAfterwards(kept, made) : made
    // Not kept on a full disk: then it is made anew each time.
    if (record.state === 'succeeded')
      await writeFileAtomically(join(folder, reportFile), `${JSON.stringify(report, null, 2)}\n`).catch(
        () => {},
      )
    return report
  }

  async #kept({ id }: StoredRun, folder: string): Promise<ProofReport | null> {
    const kept = await readKept(join(folder, reportFile)).catch((err: unknown) => this.#tell(id, err))
    return kept?.runId === id ? kept : null
  }

  /** Null for a run that is no restore, or whose options cannot be read. */
  async #made(record: StoredRun, folder: string): Promise<ProofReport | null> {
    const { belongs, outages, server, deployment } = this.#sources
    const warn = (err: unknown) => this.#tell(record.id, err)
    const asked = askedOf(record)
    if (asked) {
      const until = record.ended ?? (await lastSign(folder, record))
      const section = await readDirectorSection(record, asked, folder, await deployment(asked.deployment))
      const point = pointOf(record)
      const about = (await server(asked.server).catch(warn)) ?? 'not noted'
      return directorReportOf({
        ...{ record, asked, section, until },
        server: { name: asked.server, about },
        problems: await problemsOf(folder),
        outages: await outages(),
        belongs: point === null ? { plan: null, system: null } : await belongs(point),
      })
    }
    const facts = await proofFacts(record, folder, { belongs, outages: await outages(), warn })
    return facts && proofReportOf(facts)
  }

  async #ids(): Promise<string[]> {
    try {
      return (await readdir(join(this.#sources.runs.home, 'runs'))).filter(isRunId)
    } catch (err) {
      if ((err as NodeJS.ErrnoException).code === 'ENOENT') return [] // No run yet.
      throw fromFsError(err, 'proof.list', join(this.#sources.runs.home, 'runs'))
    }
  }

  /** Told once for each run: the list is asked for again and again. */
  #tell(id: string, err: unknown): null {
    // One that was removed meanwhile is nobody's concern.
    if (this.#told.has(id) || (err instanceof EngineError && err.code === 'run.unknown')) return null
    this.#told.add(id)
    this.#sources.log?.('warn', 'the report of a restore cannot be read', { run: id, err })
    return null
  }
}

/** A report that is kept lacks only what the operator noted after it was made. */
async function isComplete({ director }: ProofReport, folder: string): Promise<boolean> {
  if (!director) return true
  const noted = await readAfterwards(folder)
  return noted === null || JSON.stringify(noted) === JSON.stringify(director.afterwards)
}

/** What was measured stays as it was; what the operator saw on the pages afterwards comes later. */
function withAfterwards(
  kept: ProofReport,
  { result, proven, notProven, director }: ProofReport,
): ProofReport {
  if (!kept.director || !director) return kept
  const { afterwards } = director
  return { ...kept, result, proven, notProven, director: { ...kept.director, afterwards } }
}

async function readKept(file: string): Promise<ProofReport | null> {
  try {
    return proofReport.parse(JSON.parse(await readFile(file, 'utf8')))
  } catch (err) {
    if ((err as NodeJS.ErrnoException).code === 'ENOENT') return null
    throw err
  }
}
