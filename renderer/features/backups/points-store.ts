import { useEffect, useMemo } from 'react'
import { useStore } from 'zustand'
import { createStore, type StoreApi } from 'zustand/vanilla'
import type { OutputOf } from '../../../shared/contract/index.ts'
import { useApp } from '../../app/app-context.tsx'
import type { Call, On } from '../../app/rpc.ts'
import type { Asked } from '../../app/stores/asked.ts'

export type Listing = OutputOf<'point.list'>
export type ServerPoints = Asked<Listing>

/** What each server says of its restore points. Every server is asked on its own: a slow one holds up no other. */
export type PointsStore = StoreApi<{ byServer: ReadonlyMap<string, ServerPoints> }> & {
  /** Asks a server (again). While it is being asked, one more try follows. */
  ask(server: string): Promise<void>
  /** Asks those that were not asked yet, or not within the last minute; forgets those that are gone. */
  watch(servers: readonly string[]): void
}

const blank: ServerPoints = { value: null, failure: null, asking: null, at: null }
/** An answer older than this is asked for again when a page is opened, ms. */
const freshMs = 60_000

export function createPoints({ call, on, now }: { call: Call; on: On; now: () => number }): PointsStore {
  const store = createStore<{ byServer: ReadonlyMap<string, ServerPoints> }>(() => ({ byServer: new Map() }))
  const again = new Set<string>()
  const known = (server: string) => store.getState().byServer.get(server)
  const change = (server: string, next: Partial<ServerPoints>) => {
    const byServer = new Map(store.getState().byServer)
    byServer.set(server, { ...(byServer.get(server) ?? blank), ...next })
    store.setState({ byServer })
  }

  const ask = async (server: string) => {
    if (known(server)?.asking) {
      again.add(server)
      return
    }
    do {
      again.delete(server)
      change(server, { asking: now() })
      const answer = await call('point.list', { server, all: true })
      if (!known(server)) return
      change(
        server,
        answer.ok
          ? { value: answer.value, failure: null, asking: null, at: now() }
          : { failure: answer.failure, asking: null },
      )
    } while (again.has(server))
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

/** One for each connection: what a server said is there at once on the next page. */
const stores = new WeakMap<object, PointsStore>()

/** The restore points of all servers; those that still have to answer are asked. `null`: the servers are not known yet. */
export function usePoints(): {
  byServer: ReadonlyMap<string, ServerPoints>
  servers: readonly string[] | null
  ask: (server: string) => void
} {
  const app = useApp()
  const infos = useStore(app.stores.servers, ({ value }) => value?.servers)
  const open = useStore(app.stores.connection, ({ state }) => state.is === 'open')
  const points = useMemo(() => {
    const made = stores.get(app.stores) ?? createPoints({ call: app.call, on: app.on, now: Date.now })
    stores.set(app.stores, made)
    return made
  }, [app])
  const names = useMemo(() => infos?.map(({ record }) => record.name) ?? null, [infos])
  useEffect(() => {
    if (names && open) points.watch(names)
  }, [names, open, points])
  const byServer = useStore(points, state => state.byServer)
  return useMemo(
    () => ({ byServer, servers: names, ask: (server: string) => void points.ask(server) }),
    [byServer, names, points],
  )
}
