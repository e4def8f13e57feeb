import type { SystemRow } from '../../../shared/contract/overview.ts'
import { readiness } from '../../../shared/contract/overview.ts'
import type { SystemRecord } from '../../../shared/plan.ts'
import { sourceName } from '../../../shared/plan-source.ts'
import type { DataState } from './data-state.ts'
import { dataOf, iso } from './data-state.ts'
import type { CheckFacts, OverviewFacts, PlanFacts } from './facts.ts'
import { withCheck, worstFinding } from './site-check.ts'
import type { Verdict } from './verdict.ts'
import { verdictOf } from './verdict.ts'

type CopyAt = SystemRow['copies'][number]

/** From the best to the worst; a row takes the worst of its pieces of data. */
const copyStates = ['verified', 'unverified', 'no-answer', 'none', 'damaged'] as const

/** Whether each system can be recovered right now, and why; worst first. Pure. */
export function overviewOf(facts: OverviewFacts): SystemRow[] {
  const rows = facts.systems.map(system => rowOf(system, facts))
  return rows.sort((a, b) => rank(b) - rank(a) || (a.name < b.name ? -1 : 1))
}

const rank = (row: Pick<SystemRow, 'readiness'>): number => readiness.indexOf(row.readiness)

function rowOf(system: SystemRecord, facts: OverviewFacts): SystemRow {
  const { name, kind, dataLossTarget, recoveryTarget } = system
  const plans = facts.plans.filter(plan => plan.system === name)
  const { data, beside } = withoutAnalytics(dataOf(facts, name))
  const deployment = deploymentOf(system, plans)
  const check = deployment === null ? undefined : facts.checks.get(deployment)
  const main = withBeside(worstOf(data, system, facts.now), beside, { system, now: facts.now })
  const verdict = withCheck(main, check, facts.now)
  const next = plans
    .flatMap(plan => (plan.next === null ? [] : [{ at: plan.next, plan: plan.name }]))
    .sort((a, b) => (a.at < b.at ? -1 : 1))[0]
  return {
    name,
    kind,
    about: aboutOf(system, plans, { deployment, check }),
    readiness: verdict.readiness,
    reason: verdict.reasons.slice(0, 2).join('; '),
    lastGood: lastGoodOf(data),
    dataLossTarget,
    recoveryTarget,
    lastProof: lastProofOf(data),
    copies: copiesOf(data),
    lacks: (['second-copy', 'off-site'] as const).filter(lack =>
      data.some(({ lacks }) => lacks.includes(lack)),
    ),
    next: next ?? null,
    running: plans.find(plan => plan.running !== null)?.running ?? null,
    deployment,
    check: check ? { at: check.at, verdict: check.verdict, finding: worstFinding(check) } : null,
  }
}

/** What the operator said, else what its plans back up. */
function deploymentOf({ kind, deployment }: SystemRecord, plans: readonly PlanFacts[]): string | null {
  if (kind !== 'director') return null
  const source = plans.map(plan => plan.source).find(one => one.kind === 'director')
  return deployment ?? source?.deployment ?? null
}

/**
 * The analytics data of a Director stands beside its configuration: without it the Director can be recovered, and
 * `setup.sh` loads none of it.
 */
function withoutAnalytics(all: readonly DataState[]): { data: DataState[]; beside: DataState[] } {
  const isAnalytics = ({ plans: [plan] }: DataState) =>
    plan?.source.kind === 'director' && plan.source.part === 'analytics'
  const data = all.filter(one => !isAnalytics(one))
  return data.length === 0 ? { data: [...all], beside: [] } : { data, beside: all.filter(isAnalytics) }
}

/** What is promised beside it and is not there: a risk, as soon as its plan is started. */
function withBeside(
  verdict: Verdict,
  beside: readonly DataState[],
  { system, now }: { system: SystemRecord; now: number },
): Verdict {
  const reasons = beside.flatMap(one => {
    const { readiness, reasons: own } = verdictOf(one, system, now)
    const promised = one.plans.some(({ state }) => state === 'scheduled')
    const bad = readiness === 'cannot-recover' || readiness === 'at-risk'
    return promised && bad ? [`${one.plans[0]!.name}: ${own[0]}`] : []
  })
  if (reasons.length === 0) return verdict
  const worse = rank({ readiness: 'at-risk' }) > rank(verdict)
  return worse
    ? { readiness: 'at-risk', reasons: [...reasons, ...verdict.reasons] }
    : { ...verdict, reasons: [...verdict.reasons, ...reasons] }
}

function worstOf(data: readonly DataState[], system: SystemRecord, now: number): Verdict {
  if (data.length === 0) return { readiness: 'cannot-recover', reasons: ['no plan backs it up'] }
  const verdicts = data.map(one => ({ one, verdict: verdictOf(one, system, now) }))
  verdicts.sort((a, b) => rank(b.verdict) - rank(a.verdict))
  const { one, verdict } = verdicts[0]!
  if (data.length === 1 || verdict.readiness === 'ready') return verdict
  // Several pieces: which of them it is about.
  const [first, ...others] = verdict.reasons
  return { ...verdict, reasons: [`${one.plans[0]!.name}: ${first}`, ...others] }
}

/** Of several pieces of data the one that is furthest behind; null when one of them has nothing good. */
function lastGoodOf(data: readonly DataState[]): SystemRow['lastGood'] {
  const goods = data.flatMap(({ good }) => good ?? [])
  if (goods.length === 0 || goods.length < data.length) return null
  const { point, at } = goods.reduce((oldest, good) => (good.at < oldest.at ? good : oldest))
  return { at: iso(at), point }
}

/** Of several the slowest; null when one of them was never restored. */
function lastProofOf(data: readonly DataState[]): SystemRow['lastProof'] {
  const proofs = data.flatMap(({ proof }) => proof ?? [])
  if (proofs.length === 0 || proofs.length < data.length) return null
  const { at, ms, runId } = proofs.reduce((slowest, proof) => (proof.ms > slowest.ms ? proof : slowest))
  return { at, ms, runId }
}

function copiesOf(data: readonly DataState[]): CopyAt[] {
  const [first, ...others] = data
  if (!first)
    return (['on-site', 'off-site', 'air-gap'] as const).map(site => ({ site, state: 'none', at: null }))
  const worse = (a: CopyAt, b: CopyAt): CopyAt => {
    const by = copyStates.indexOf(b.state) - copyStates.indexOf(a.state)
    return by > 0 || (by === 0 && (b.at ?? '') < (a.at ?? '')) ? b : a
  }
  return first.copies.map((copy, index) =>
    others.reduce((worst, { copies }) => worse(worst, copies[index]!), copy),
  )
}

function aboutOf(
  { kind }: SystemRecord,
  plans: readonly PlanFacts[],
  { deployment, check }: { deployment: string | null; check: CheckFacts | undefined },
): string {
  const what = { folder: 'Folder', command: 'Command', director: 'Director' }[kind]
  if (deployment !== null) return `${what} · ${deployment}${check?.site ? ` (${check.site})` : ''}`
  const source = plans[0]?.source
  if (!source) return what
  const about = sourceName(source)
  return `${what} · ${about.length > 120 ? `${about.slice(0, 119)}…` : about}`
}
