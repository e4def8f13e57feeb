import type { PlanInfo } from '../../../shared/contract/plan.ts'
import type { PlanFacts } from './facts.ts'

/** What the overview needs to know of a plan. */
export const planFactsOf = ({ settings, state, next, running, overdue }: PlanInfo): PlanFacts => ({
  name: settings.name,
  system: settings.system,
  servers: settings.servers,
  source: settings.source,
  state,
  next: next[0]?.at ?? null,
  running,
  overdue: overdue?.reason ?? null,
})
