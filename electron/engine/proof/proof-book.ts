import { readFile, readdir } from 'node:fs/promises'
import { join } from 'node:path'
import type { ProofReport, ProofSummary } from '../../../shared/contract/proof.ts'
import { proofReport } from '../../../shared/contract/proof.ts'
import { EngineError, fromFsError } from '../engine-error.ts'
import type { Log } from '../ports.ts'
import type { RunRegistry, StoredRun } from '../run/index.ts'
import { isRunId, isUnderWay } from '../run/index.ts'
import { writeFileAtomically } from '../state/atomic-file.ts'
import type { Belongs, OutageSpan } from './facts.ts'
import { proofFacts } from './facts.ts'
import { proofReportOf, summaryOf } from './proof-report.ts'

export type ProofSources = {
  runs: RunRegistry
  belongs: (point: string) => Promise<Belongs>
  outages: () => Promise<readonly OutageSpan[]>
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
    if (record.kind !== 'restore') {
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
    const { runs, belongs, outages } = this.#sources
    const folder = runs.folderOf(record.id)
    if (record.state === 'succeeded') {
      const kept = await readKept(join(folder, reportFile)).catch((err: unknown) =>
        this.#tell(record.id, err),
      )
      if (kept?.runId === record.id) return kept
    }
    const facts = await proofFacts(record, folder, {
      ...{ belongs, outages: await outages() },
      warn: err => this.#tell(record.id, err),
    })
    if (!facts) return null
    const report = proofReportOf(facts)
    // Not kept on a full disk: then it is made anew each time.
    if (record.state === 'succeeded')
      await writeFileAtomically(join(folder, reportFile), `${JSON.stringify(report, null, 2)}\n`).catch(
        () => {},
      )
    return report
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

async function readKept(file: string): Promise<ProofReport | null> {
  try {
    return proofReport.parse(JSON.parse(await readFile(file, 'utf8')))
  } catch (err) {
    if ((err as NodeJS.ErrnoException).code === 'ENOENT') return null
    throw err
  }
}
