import type { SiteCheck } from '../../../shared/contract/site.ts'
import type { Failure } from '../../../shared/failure.ts'
import type { PlanSettings, PlanState, SystemRecord } from '../../../shared/plan.ts'
import type { ServerSite } from '../../../shared/server.ts'
import type { Digest } from './digest.ts'
import type { Proof } from './restore-proofs.ts'

/** What is known of one server now. */
export type ServerFacts = {
  name: string
  /** Not said: it is shown as on site, the place of which a fire here leaves nothing, and as not said. */
  site: ServerSite | undefined
  /** What it held when it last answered; null: it has never been heard. */
  digest: Digest | null
  /** Why it did not answer the last time it was asked; null when it did, or has not been asked. */
  failure: Failure | null
}

export type PlanFacts = {
  name: string
  system: string
  servers: readonly string[]
  source: PlanSettings['source']
  state: PlanState
  /** The next due time, ISO 8601 UTC; null when none is. */
  next: string | null
  /** Its run that goes on now. */
  running: string | null
  /** Why a run that should have begun has not; null when none should have. */
  overdue: string | null
}

/** What the last check of a Director said. */
export type CheckFacts = Pick<SiteCheck, 'at' | 'verdict' | 'lines' | 'site'>

export type OverviewFacts = {
  /** ms since 1970 UTC. */
  now: number
  systems: readonly SystemRecord[]
  plans: readonly PlanFacts[]
  /** In the order in which they were added. */
  servers: readonly ServerFacts[]
  proofs: ReadonlyMap<string, Proof>
  /** By the name of the deployment; of those that were checked as they are now. */
  checks: ReadonlyMap<string, CheckFacts>
}
