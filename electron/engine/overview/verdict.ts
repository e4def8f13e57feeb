import type { Readiness } from '../../../shared/contract/overview.ts'
import type { SystemRecord } from '../../../shared/plan.ts'
import type { DataState } from './data-state.ts'

export type Verdict = { readiness: Readiness; reasons: string[] }

type Targets = Pick<SystemRecord, 'dataLossTarget' | 'recoveryTarget'>

const minuteMs = 60_000

/** Whether one piece of data can be recovered now, and why; the reasons that weigh most come first. */
export function verdictOf(data: DataState, targets: Targets, now: number): Verdict {
  if (data.good === null || !data.good.answers) return without(data)
  const risks = risksOf(data, data.good.at, targets, now)
  if (risks.length > 0) return { readiness: 'at-risk', reasons: risks }
  const { proof, holders, good } = data
  if (!proof) {
    const reasons = ['never restored']
    if (holders.length === 1) reasons.push('one copy')
    else if (!good.verified) reasons.push('never read back')
    return { readiness: 'not-proven', reasons }
  }
  const within = targets.dataLossTarget !== null || targets.recoveryTarget !== null
  const idle = data.plans.every(({ state }) => state !== 'scheduled')
  return {
    readiness: 'ready',
    reasons: [
      within ? 'proven, within target' : 'proven',
      ...(idle ? ['nothing is scheduled'] : []),
      ...data.lacks.slice(0, 1).map(lack => lackWords[lack]),
    ],
  }
}

const lackWords = { 'second-copy': 'one copy only', 'off-site': 'no copy off site' }

/** Nothing good on any server that answers. */
function without({ good, damaged, silent, unheard }: DataState): Verdict {
  if (unheard.length > 0)
    return { readiness: 'not-proven', reasons: [`not known yet: ${listed(unheard)} is being asked`] }
  if (good)
    return {
      readiness: 'cannot-recover',
      reasons: [`${good.server} does not answer, and nothing else holds a good copy`],
    }
  const reasons = [damaged ? 'every copy that was checked is damaged' : 'never backed up']
  if (silent.length > 0)
    reasons[0] = `no good copy on the servers that answer; ${listed(silent)} ${silent.length === 1 ? 'does' : 'do'} not`
  return { readiness: 'cannot-recover', reasons }
}

function risksOf(data: DataState, goodAt: number, targets: Targets, now: number): string[] {
  const { damaged, plans, proof, silent } = data
  const { dataLossTarget, recoveryTarget } = targets
  const risks: string[] = []
  const late = dataLossTarget === null ? 0 : now - goodAt - dataLossTarget * minuteMs
  if (late > 0) risks.push(`${spell(late)} past its target`)
  const { leftOut = [] } = data.good ?? {}
  if (leftOut.length > 0) risks.push(`components left out: ${leftOut.join(', ')}`)
  if (damaged && damaged.at >= goodAt) risks.push(`the copy on ${damaged.server} is damaged`)
  const overdue = plans.find(plan => plan.overdue !== null)
  if (overdue) risks.push(`${overdue.name} should have run`)
  if (proof && recoveryTarget !== null && proof.ms > recoveryTarget * minuteMs)
    risks.push(`its last restore took ${spell(proof.ms)}, longer than its target`)
  if (silent.length > 0) risks.push(`${listed(silent)} ${silent.length === 1 ? 'does' : 'do'} not answer`)
  return risks
}

const listed = (names: readonly string[]): string =>
  names.length < 3 ? names.join(' and ') : `${names.slice(0, 2).join(', ')} and ${names.length - 2} more`

/** `90 min`, `12 h`, `3 d`: one unit, rounded down, at least a minute. */
export function spell(ms: number): string {
  const minutes = Math.max(1, Math.floor(ms / minuteMs))
  if (minutes < 120) return `${minutes} min`
  if (minutes < 48 * 60) return `${Math.floor(minutes / 60)} h`
  return `${Math.floor(minutes / (24 * 60))} d`
}
