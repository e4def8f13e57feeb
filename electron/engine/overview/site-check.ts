import type { CheckFacts } from './facts.ts'
import type { Verdict } from './verdict.ts'
import { spell } from './verdict.ts'

type Line = CheckFacts['lines'][number]

/** From the gravest to the one that says least. */
const weights: readonly Line['state'][] = ['stop', 'warn', 'not-tried', 'pass']

/** The line that weighs most; the first of them, as what is shown first is what the others depend on. */
function worstLine({ lines }: CheckFacts): Line | null {
  const [state] = weights.filter(weight => lines.some(line => line.state === weight))
  return lines.find(line => line.state === state) ?? null
}

/** What weighs most, in one sentence: `server1: login. operator is not let in.`; null when nothing is wrong. */
export function worstFinding(check: CheckFacts): string | null {
  const line = worstLine(check)
  if (!line || line.state === 'pass') return null
  const finding = line.finding.length > 300 ? `${line.finding.slice(0, 299)}…` : line.finding
  return `${line.title}: ${finding}`
}

/**
 * What a check adds to what backups say: a Director that does not answer takes nothing from what is stored, and the
 * next backup of it will fail. A check that only found something to look at changes nothing.
 */
export function withCheck(verdict: Verdict, check: CheckFacts | undefined, now: number): Verdict {
  if (check?.verdict !== 'failed' || verdict.readiness === 'cannot-recover') return verdict
  const ago = `${spell(now - Date.parse(check.at))} ago`
  const silent = /^(?:host|ssh)\b/.test(worstLine(check)?.id ?? '')
  const reason = silent
    ? `its Director did not answer when it was checked ${ago}`
    : `its Director failed the check of ${ago}`
  // What was good is no reason any more.
  const others = verdict.readiness === 'at-risk' ? verdict.reasons : []
  return { readiness: 'at-risk', reasons: [...others, reason] }
}
