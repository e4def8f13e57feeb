import type { ServiceContext } from './context.ts'
import type { HandlersOf } from './handlers.ts'

/** Switch-overs between the two sites of a Director. */
export function switchHandlers(ctx: ServiceContext): HandlersOf<'switch'> {
  const { engine, feed, hub } = ctx
  const { switches } = engine.directors
  const changed = async <T>(work: Promise<T>): Promise<T> => {
    try {
      return await work
    } finally {
      hub.emit('switch.changed', undefined)
    }
  }

  return {
    'switch.list': async () => await switches.list(),
    'switch.begin': async request => await changed(switches.begin(request)),
    'switch.preflight': async (request, signal) => {
      const { id, step } = request
      return await switches.preflight(
        request,
        { told: line => hub.emit('switch.checked', { id, step, line }) },
        signal,
      )
    },
    'switch.start': async (request, signal) => ({
      runId: feed.started(await changed(switches.start(request, signal))),
    }),
    'switch.address': async ({ id, note }) => await changed(switches.address(id, note)),
    'switch.give-up': async ({ id }) => await changed(switches.giveUp(id)),
  }
}
