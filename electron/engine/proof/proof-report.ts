import { hostname } from 'node:os'
import type { ProofReport, ProofSummary } from '../../../shared/contract/proof.ts'
import { parsePoint, timeOf } from '../archive/names.ts'
import type { StoredRun } from '../run/index.ts'
import type { OutageSpan, ProofFacts } from './facts.ts'
import { notProvenOf, provenOf } from './proven.ts'

type Phase = ProofReport['phases'][number]
/** A run, and when it ended or last gave a sign of life. */
type Timed = Pick<ProofFacts, 'record' | 'until'>

const minuteMs = 60_000
/** How the time between an outage and the start of the restore is called. */
export const beforeIt = 'before the restore was started'

/** The report of a restore that is not under way. Pure. */
export function proofReportOf(facts: ProofFacts): ProofReport {
  const { record, options, from, counts, belongs } = facts
  const result = resultOf(record, counts)
  const outage = outageOf(facts)
  const begins = earlier(outage?.declared, record.started)
  const { system, plan } = belongs
  const isRestored = result === 'restored' || result === 'restored-with-problems'
  return {
    format: 'drydock-proof',
    version: 1,
    runId: record.id,
    title: `Restore of ${options.point}`,
    result,
    point: options.point,
    server: from?.server ?? { name: options.server, about: 'not noted' },
    system: system?.name ?? null,
    plan,
    target: {
      host: record.origin?.host ?? hostname(),
      folder: facts.target ?? 'where it came from',
    },
    operator: record.origin?.user ?? 'not noted',
    tool: record.origin?.version ? `drydock ${record.origin.version}` : 'drydock, version not noted',
    started: record.started,
    ended: record.ended,
    outage: outage?.declared ?? null,
    measured: {
      dataLost: {
        ms: between(timeOf(parsePoint(options.point).stamp), Date.parse(begins)),
        targetMs: inMs(system?.dataLossTarget),
      },
      // A system that is not restored has no recovery time yet.
      recoveryTime:
        isRestored && record.ended !== null
          ? {
              ms: between(Date.parse(begins), Date.parse(record.ended)),
              targetMs: inMs(system?.recoveryTarget),
            }
          : null,
    },
    phases: phasesOf(facts, begins),
    counts,
    ...(facts.missing && { missing: facts.missing }),
    proven: provenOf(facts, counts, result),
    notProven: notProvenOf(facts, counts, result),
    manifestSha256: from?.manifestSha256 ?? null,
    problems: facts.problems,
    problemCount: Math.max(record.problems, facts.problems.length),
    failure: record.failure,
  }
}

export function summaryOf(report: ProofReport): ProofSummary {
  const { runId, title, point, result, started, ended, measured, counts, system, target } = report
  const { recoveryTime } = measured
  const { bytes, left, refused, failed } = counts
  const missing = left + refused + failed
  return { runId, title, point, result, started, ended, recoveryTime, bytes, missing, system, target }
}

function resultOf(
  { state, problems }: StoredRun,
  { failed, refused }: ProofReport['counts'],
): ProofReport['result'] {
  if (state === 'succeeded') return problems + failed + refused > 0 ? 'restored-with-problems' : 'restored'
  return state === 'failed' || state === 'cancelled' ? state : 'interrupted'
}

/** The outage during which it ran; of several the first. */
export function outageOf({ record, until, outages }: Timed & Pick<ProofFacts, 'outages'>): OutageSpan | null {
  const during = outages
    .filter(({ declared, ended }) => declared < until && (ended === null || ended > record.started))
    .sort((a, b) => (a.declared < b.declared ? -1 : 1))
  return during[0] ?? null
}

export function phasesOf({ record, until }: Timed, begins: string): Phase[] {
  const starts = record.phases ?? [{ name: 'restoring', from: record.started }]
  const before = begins < record.started ? [{ name: beforeIt, from: begins }] : []
  const all = [...before, ...starts]
  return all.map(({ name, from }, index) => ({
    name,
    from,
    to: later(from, all[index + 1]?.from ?? until),
  }))
}

export const earlier = (a: string | undefined, b: string) => (a !== undefined && a < b ? a : b)
const later = (a: string, b: string) => (a > b ? a : b)
export const between = (from: number, to: number) =>
  Number.isFinite(from) ? Math.max(0, Math.round(to - from)) : 0
export const inMs = (minutes: number | null | undefined) =>
  minutes === null || minutes === undefined ? null : minutes * minuteMs
