import { useEffect, useMemo } from 'react'
import { useStore } from 'zustand'
import { createStore, type StoreApi } from 'zustand/vanilla'
import type { DirectorPoint } from '../../../shared/contract/director.ts'
import { useApp } from '../../app/app-context.tsx'
import type { Call, On } from '../../app/rpc.ts'
import type { Asked } from '../../app/stores/asked.ts'
import type { Holding } from './sources.ts'

export type ServerHolding = Asked<Holding> & {
  /** Runs whose files were looked into, by stamp, as they were found. */
  looked: ReadonlyMap<string, DirectorPoint>
}

/** What each server holds of a Director. Every server is asked on its own: a slow one holds up no other. */
export type HoldingStore = StoreApi<{ byServer: ReadonlyMap<string, ServerHolding> }> & {
  /** Asks a server (again), and looks into the files of one run; what it said before stays until then. */
  ask(server: string, stamp?: string): Promise<void>
  /** Asks those that were not asked within the last minute; forgets those that are gone. */
  watch(servers: readonly string[]): void
}

const blank: ServerHolding = { value: null, failure: null, asking: null, at: null, looked: new Map() }
/** An answer older than this is asked for again when the page is opened, ms. */
const freshMs = 60_000

export function createHoldings({ call, on, now }: { call: Call; on: On; now: () => number }): HoldingStore {
  const store = createStore<{ byServer: ReadonlyMap<string, ServerHolding> }>(() => ({ byServer: new Map() }))
  const turns = new Map<string, number>()
  const known = (server: string) => store.getState().byServer.get(server)
  const change = (server: string, next: Partial<ServerHolding>) => {
    const byServer = new Map(store.getState().byServer)
    byServer.set(server, { ...(byServer.get(server) ?? blank), ...next })
    store.setState({ byServer })
  }

  const ask = async (server: string, stamp?: string) => {
    const turn = (turns.get(server) ?? 0) + 1
    turns.set(server, turn)
    change(server, { asking: now() })
    const answer = await call('director.points', {
      server,
      ...(stamp !== undefined && { deep: true, stamp }),
    })
    // Only the last question counts, and none of a server that is gone.
    if (!known(server) || turns.get(server) !== turn) return
    change(
      server,
      answer.ok
        ? { ...told(answer.value, known(server)?.looked ?? new Map(), stamp), at: now() }
        : { failure: answer.failure, asking: null },
    )
  }

  const watch = (servers: readonly string[]) => {
    const byServer = new Map(store.getState().byServer)
    for (const server of byServer.keys()) if (!servers.includes(server)) byServer.delete(server)
    store.setState({ byServer })
    for (const server of servers) {
      const { at = null, asking = null } = known(server) ?? {}
      if (asking === null && (at === null || now() - at > freshMs)) void ask(server)
    }
  }

  on('point.changed', ({ server }) => {
    if (known(server)) void ask(server)
  })
  return Object.assign(store, { ask, watch })
}

/** An answer, with what was found in files before: that holds as long as the listing shows the same files. */
function told(value: Holding, before: ReadonlyMap<string, DirectorPoint>, stamp: string | undefined) {
  const looked = new Map<string, DirectorPoint>()
  const points = value.points.map(point => {
    const old = before.get(point.stamp)
    const same = old && JSON.stringify(old.files) === JSON.stringify(point.files)
    if (point.stamp === stamp) looked.set(stamp, point)
    else if (same) looked.set(point.stamp, old)
    return point.stamp !== stamp && same ? { ...point, flags: old.flags } : point
  })
  return { value: { ...value, points }, failure: null, asking: null, looked }
}

/** One for each connection: what a server said is there at once in the next step. */
const stores = new WeakMap<object, HoldingStore>()

export type Holdings = {
  byServer: ReadonlyMap<string, ServerHolding>
  /** Whether a server has yet to answer for the first time. */
  asking: boolean
  ask: (server: string, stamp?: string) => void
}

/** What all servers hold of a Director; those that still have to answer are asked. */
export function useHoldings(): Holdings {
  const app = useApp()
  const infos = useStore(app.stores.servers, ({ value }) => value?.servers)
  const open = useStore(app.stores.connection, ({ state }) => state.is === 'open')
  const store = useMemo(() => {
    const made = stores.get(app.stores) ?? createHoldings({ call: app.call, on: app.on, now: Date.now })
    stores.set(app.stores, made)
    return made
  }, [app])
  const names = useMemo(() => infos?.map(({ record }) => record.name) ?? null, [infos])
  useEffect(() => {
    if (names && open) store.watch(names)
  }, [names, open, store])
  const byServer = useStore(store, state => state.byServer)
  return useMemo(() => {
    const waits = (name: string) => {
      const { value = null, failure = null } = byServer.get(name) ?? {}
      return value === null && failure === null
    }
    return {
      byServer,
      asking: names === null || names.some(waits),
      ask: (server, stamp) => void store.ask(server, stamp),
    }
  }, [byServer, names, store])
}
