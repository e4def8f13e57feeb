import type { PlanInfo } from '../../../../shared/contract/plan.ts'
import type { PlanSettings } from '../../../../shared/plan.ts'

/** The `plan` line of `--json`. */
export const planFields = ({ settings, state, words, next, running, last, missed, overdue }: PlanInfo) => ({
  name: settings.name,
  system: settings.system,
  state: running === null ? state : 'running',
  words,
  zone: settings.zone,
  next: next.map(({ at }) => at),
  servers: settings.servers,
  running,
  last,
  missed,
  overdue,
})

/** What a plan is doing, in a word or two. */
export function stateWords({ state, running, overdue, missed }: PlanInfo): string {
  const word = running === null ? state : 'running'
  if (overdue) return `${word}, should have run`
  return missed > 0 ? `${word}, ${missed} missed` : word
}

/** `7 daily, 5 weekly`. */
export function keepWords(keep: PlanSettings['keep']): string {
  const said = Object.entries(keep)
    .filter(([, count]) => count > 0)
    .map(([kind, count]) => `${count} ${kind}`)
  return said.length === 0 ? 'everything' : said.join(', ')
}

export function sourceWords({ source }: PlanSettings): string {
  if (source.kind === 'director') {
    const what = source.part === 'analytics' ? 'the analytics data of the Director' : 'the Director'
    return `${what} of ${source.deployment}`
  }
  return source.kind === 'files' ? source.paths.join(', ') : `the output of: ${source.command}`
}
