import type { SystemRow } from '../../../shared/contract/overview.ts'
import type { ServerSite } from '../../../shared/server.ts'
import { serverSites } from '../../../shared/server.ts'
import { timeOf } from '../archive/names.ts'
import type { OverviewFacts, PlanFacts, ServerFacts } from './facts.ts'
import type { Proof } from './restore-proofs.ts'

type CopyAt = SystemRow['copies'][number]
export type GoodPoint = {
  point: string
  at: number
  server: string
  verified: boolean
  answers: boolean
  /** See `PointOnServer`. */
  leftOut?: string[]
}

/** What is known of one piece of data: plans with the same source store the same data. */
export type DataState = {
  plans: readonly PlanFacts[]
  /** The newest good point: on a server that answers if there is one. */
  good: GoodPoint | null
  /** Servers that answer and hold that point good. */
  holders: string[]
  /** The newest point found damaged on a server that answers. */
  damaged: { at: number; server: string } | null
  /** Its servers that did not answer, and those that have not been heard yet. */
  silent: string[]
  unheard: string[]
  proof: Proof | null
  copies: CopyAt[]
  /** What would make it safer although it can be recovered; the graver first. */
  lacks: SystemRow['lacks']
}

/** The state of each piece of data of a system's plans. */
export function dataOf(facts: OverviewFacts, system: string): DataState[] {
  const groups = new Map<string, PlanFacts[]>()
  for (const plan of facts.plans) {
    if (plan.system !== system) continue
    const key = JSON.stringify(sourceKey(plan.source))
    groups.set(key, [...(groups.get(key) ?? []), plan])
  }
  return [...groups.values()].map(plans => stateOf(facts, plans))
}

function sourceKey(source: PlanFacts['source']): unknown {
  if (source.kind === 'director') return { director: source.deployment, part: source.part }
  return source.kind === 'files' ? [...source.paths].sort() : source.command
}

function stateOf(facts: OverviewFacts, plans: readonly PlanFacts[]): DataState {
  const names = plans.map(({ name }) => name)
  const concerned = facts.servers.filter(
    ({ name, digest }) =>
      plans.some(({ servers }) => servers.includes(name)) ||
      (digest !== null && names.some(plan => Object.hasOwn(digest.names, plan))),
  )
  const goods = concerned
    .flatMap(server => goodsOn(server, names))
    .sort((a, b) => Number(b.answers) - Number(a.answers) || b.at - a.at)
  const good = goods[0] ?? null
  const copies = serverSites.map(site => copyAt(site, concerned, names))
  const proofs = names.flatMap(name => facts.proofs.get(name) ?? [])
  return {
    plans,
    good,
    holders: goods.filter(one => one.answers && one.point === good?.point).map(({ server }) => server),
    damaged: newestDamaged(concerned, names),
    silent: concerned.filter(({ failure }) => failure !== null).map(({ name }) => name),
    unheard: concerned
      .filter(({ failure, digest }) => failure === null && digest === null)
      .map(({ name }) => name),
    proof: proofs.sort((a, b) => (a.at < b.at ? 1 : -1))[0] ?? null,
    copies,
    lacks: [
      ...(new Set(goods.map(({ server }) => server)).size === 1 ? ['second-copy' as const] : []),
      ...(goods.length > 0 && !copies.some(isElsewhere) ? ['off-site' as const] : []),
    ],
  }
}

function goodsOn({ name, digest, failure }: ServerFacts, names: readonly string[]): GoodPoint[] {
  return names.flatMap(plan => {
    const good = digest && Object.hasOwn(digest.names, plan) ? digest.names[plan]?.good : null
    if (!good) return []
    const { point, stamp, verified, leftOut } = good
    const own = { point, at: timeOf(stamp), server: name, verified, answers: failure === null }
    return [leftOut ? { ...own, leftOut } : own]
  })
}

function newestDamaged(servers: readonly ServerFacts[], names: readonly string[]): DataState['damaged'] {
  let newest: DataState['damaged'] = null
  for (const { name, digest, failure } of servers)
    for (const plan of names) {
      const damaged =
        digest && failure === null && Object.hasOwn(digest.names, plan) ? digest.names[plan]?.damaged : null
      if (damaged && timeOf(damaged.stamp) > (newest?.at ?? 0))
        newest = { at: timeOf(damaged.stamp), server: name }
    }
  return newest
}

/** A good copy away from here, also on a disk that is not plugged in now. */
const isElsewhere = ({ site, state, at }: CopyAt): boolean =>
  site !== 'on-site' && at !== null && state !== 'damaged'

/** A server whose site was not said is not known to be anywhere: it shows as on site when none there was said to be. */
function copyAt(site: ServerSite, concerned: readonly ServerFacts[], names: readonly string[]): CopyAt {
  const said = copyOn(
    site,
    concerned.filter(server => server.site === site),
    names,
  )
  if (site !== 'on-site' || said.state !== 'none') return said
  const assumed = copyOn(
    site,
    concerned.filter(server => server.site === undefined),
    names,
  )
  return assumed.state === 'none' ? said : { ...assumed, assumed: true }
}

function copyOn(site: ServerSite, servers: readonly ServerFacts[], names: readonly string[]): CopyAt {
  const goods = servers.flatMap(server => goodsOn(server, names)).sort((a, b) => b.at - a.at)
  const there = goods.filter(({ answers }) => answers)
  const newest = there[0]
  if (newest) {
    const verified = there.some(({ at, verified: whole }) => at === newest.at && whole)
    return { site, state: verified ? 'verified' : 'unverified', at: iso(newest.at) }
  }
  const damaged = newestDamaged(servers, names)
  if (damaged) return { site, state: 'damaged', at: iso(damaged.at) }
  if (servers.some(({ failure, digest }) => failure !== null || digest === null))
    return { site, state: 'no-answer', at: goods[0] ? iso(goods[0].at) : null }
  return { site, state: 'none', at: null }
}

export const iso = (ms: number): string => new Date(ms).toISOString()
