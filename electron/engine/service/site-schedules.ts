import type { AnswerOf } from '../../../shared/contract/index.ts'
import type { SiteCheck } from '../../../shared/contract/site.ts'
import type { Deployment } from '../../../shared/director.ts'
import type { SiteFacts } from '../system/director/site/compare-schedules.ts'
import { compareSchedules } from '../system/director/site/compare-schedules.ts'
import type { ServiceContext } from './context.ts'

/** The schedules of both sites of a pair, side by side. @throws EngineError when the deployment is unknown */
export async function siteSchedules(
  { engine, plans, clock }: Pick<ServiceContext, 'engine' | 'plans' | 'clock'>,
  deployment: string,
): Promise<AnswerOf<'site.schedules'>> {
  const { sites, deployments } = engine.directors
  const here = await deployments.book.get(deployment)
  const { records } = await deployments.book.list()
  const there =
    records.find(({ name }) => name === here.otherSite) ??
    records.find(({ otherSite }) => otherSite === deployment)
  // Not known which is the DR: that is told, and stops nobody.
  const checks = await sites.checks().catch(() => new Map<string, SiteCheck>())
  const all = (await plans.list()).plans
  const factsOf = ({ name, portal }: Deployment): SiteFacts => ({
    ...{ deployment: name, portal, site: checks.get(name)?.site ?? null },
    plans: all.flatMap(({ settings: { name: plan, source, schedule, zone }, state }) =>
      source.kind === 'director' && source.deployment === name
        ? [{ name: plan, part: source.part, schedule, zone, started: state === 'scheduled' }]
        : [],
    ),
  })
  return compareSchedules(factsOf(here), there ? factsOf(there) : null, clock.now())
}
