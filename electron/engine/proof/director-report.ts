import type { ProofReport } from '../../../shared/contract/proof.ts'
import { parsePoint, timeOf } from '../archive/names.ts'
import type { StoredRun } from '../run/index.ts'
import { isGood, notProvenOfDirector, provenOfDirector } from './director-proven.ts'
import type { AskedDirectorRestore, DirectorSection } from './director-section.ts'
import type { Belongs, OutageSpan } from './facts.ts'
import { between, earlier, inMs, outageOf, phasesOf } from './proof-report.ts'

/** All that the report of one Director restore follows from. */
export type DirectorFacts = {
  record: StoredRun
  asked: AskedDirectorRestore
  section: DirectorSection
  server: { name: string; about: string }
  problems: ProofReport['problems']
  /** What the files are of, when they are a restore point of Drydock's. */
  belongs: Belongs
  /** When it ended, or when it last gave a sign of life. */
  until: string
  outages: readonly OutageSpan[]
}

/** The report of a Director restore that is not under way. Pure. */
export function directorReportOf(facts: DirectorFacts): ProofReport {
  const { record, asked, section, server, until, belongs } = facts
  const { system, plan } = belongs
  const result = resultOf(record, section)
  const outage = outageOf(facts)
  const begins = earlier(outage?.declared, record.started)
  const isRestored = result === 'restored' || result === 'restored-with-problems'
  const operator = record.origin?.user ?? 'not noted'
  const clockOf = record.origin?.host ?? 'this machine'
  const words = { asked, section, serverAbout: server.about, operator, clockOf, result }
  const point = `director@${asked.stamp}`
  const { hostState: _hostState, lastTask: _lastTask, adopted: _adopted, ...told } = section
  return {
    format: 'drydock-proof',
    version: 1,
    runId: record.id,
    title: `Restore of Director ${asked.deployment}`,
    ...{ result, point, server },
    ...{ system: system?.name ?? null, plan },
    target: { host: section.deployment.host, folder: section.deployment.folder },
    operator,
    tool: record.origin?.version ? `drydock ${record.origin.version}` : 'drydock, version not noted',
    started: record.started,
    ended: record.ended,
    outage: outage?.declared ?? null,
    measured: {
      dataLost: {
        ms: between(timeOf(parsePoint(point).stamp), Date.parse(begins)),
        targetMs: inMs(system?.dataLossTarget),
      },
      recoveryTime:
        isRestored && record.ended !== null
          ? {
              ms: between(Date.parse(begins), Date.parse(record.ended)),
              targetMs: inMs(system?.recoveryTarget ?? outage?.recoveryTarget),
            }
          : null,
    },
    phases: phasesOf(facts, begins),
    counts: {
      ...{ created: isRestored ? section.files.length : 0, replaced: 0, same: 0, left: 0 },
      ...{ refused: 0, failed: 0, damaged: 0 },
      files: isRestored ? section.files.length : 0,
      bytes: isRestored ? section.files.reduce((sum, { bytes }) => sum + bytes, 0) : 0,
    },
    proven: provenOfDirector(words),
    notProven: notProvenOfDirector(words),
    manifestSha256: null,
    problems: facts.problems,
    problemCount: Math.max(record.problems, facts.problems.length),
    failure: record.failure,
    director: { ...told, sinceStart: between(Date.parse(record.started), Date.parse(until)) },
  }
}

/** What the operator found afterwards counts: pages that do not work are no clean restore. */
function resultOf(
  { state, problems }: StoredRun,
  { recap, afterwards }: DirectorSection,
): ProofReport['result'] {
  if (state !== 'succeeded') return state === 'failed' || state === 'cancelled' ? state : 'interrupted'
  const isClean = problems === 0 && recap.every(isGood) && afterwards.every(({ ok }) => ok)
  return isClean ? 'restored' : 'restored-with-problems'
}
