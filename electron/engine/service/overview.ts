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
