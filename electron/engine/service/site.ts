import { lookAtSnapshots } from '../system/director/snapshots/index.ts'
import type { ServiceContext } from './context.ts'
import type { HandlersOf } from './handlers.ts'
import { plansOfDirector, systemsOfDirector } from './plans-on.ts'
import { siteSchedules } from './site-schedules.ts'

/** Directors as systems: checks, schedules, snapshots, adoptions. */
export function siteHandlers(ctx: ServiceContext): HandlersOf<'site' | 'adopt'> {
  const { engine, feed, hub, clock } = ctx
  const { sites, adoptions, deployments } = engine.directors

  return {
    'site.list': async () => {
      const { records } = await deployments.book.list()
      const checks = await sites.checks()
      return {
        sites: await Promise.all(
          records.map(async ({ name }) => {
            const check = checks.get(name) ?? null
            return {
              ...{ deployment: name, check, site: check?.site ?? null },
              systems: await systemsOfDirector(ctx, name),
              plans: await plansOfDirector(ctx, name),
            }
          }),
        ),
      }
    },
    'site.check': async ({ deployment }, signal) => {
      const told = (line: Parameters<Parameters<typeof sites.check>[1]['told']>[0]) =>
        hub.emit('site.checked', { deployment, line })
      try {
        return await sites.check(deployment, { told }, signal)
      } finally {
        hub.emit('site.changed', undefined)
        hub.emitSoon('overview.changed')
      }
    },
    'site.schedules': async ({ deployment }) => await siteSchedules(ctx, deployment),
    'site.snapshots': async ({ server }, signal) => {
      const store = await engine.servers.open(server)
      return await lookAtSnapshots(store, { clock }, signal)
    },
    'adopt.list': async ({ server }, signal) => await adoptions.list(server, signal),
    'adopt.start': async request => ({ runId: feed.started(await adoptions.start(request)) }),
  }
}
