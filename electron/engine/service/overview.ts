import type { PlanFacts } from '../overview/index.ts'
import type { Plans } from '../schedule/index.ts'
import type { ServiceContext } from './context.ts'
import type { HandlersOf } from './handlers.ts'

export function overviewHandlers({ overview }: ServiceContext): HandlersOf<'overview'> {
  return {
    'overview.get': async () => {
      // From the first time on that somebody looks: no server is asked for nobody.
      overview.start()
      return await overview.get()
    },
    'overview.refresh': async () => {
      overview.start()
      // Not waited for: it takes as long as the slowest server, and each answer is told.
      void overview.refresh()
    },
  }
}

export async function planFacts(plans: Plans): Promise<PlanFacts[]> {
  return (await plans.list()).plans.map(({ settings, state, next, running, overdue }) => ({
    name: settings.name,
    system: settings.system,
    servers: settings.servers,
    source: settings.source,
    state,
    next: next[0]?.at ?? null,
    running,
    overdue: overdue?.reason ?? null,
  }))
}
