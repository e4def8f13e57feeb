import { useMemo } from 'react'
import { useStore } from 'zustand'
import type { PointOnServer } from '../../../shared/contract/point.ts'
import { useStores } from '../../app/app-context.tsx'
import { mergePoints, type PointRow } from './model.ts'
import { type ServerPoints, usePoints } from './points-store.ts'

export type Rows = {
  rows: readonly PointRow[]
  byServer: ReadonlyMap<string, ServerPoints>
  /** What every server that answered holds, the trash too. */
  listings: readonly (readonly PointOnServer[])[]
  /** null: not known yet. */
  servers: readonly string[] | null
  /** Whether something may still come. */
  asking: boolean
  ask: (server: string) => void
}

/** All restore points as far as servers answered, merged. */
export function useRows(): Rows {
  const { byServer, servers, ask } = usePoints()
  const systemOf = useSystemOf()
  const listings = useMemo(
    () => [...byServer.values()].flatMap(({ value }) => (value ? [value.points] : [])),
    [byServer],
  )
  const rows = useMemo(() => mergePoints(listings, systemOf), [listings, systemOf])
  const asking =
    servers === null ||
    servers.some(name => (byServer.get(name)?.asking ?? null) !== null || !byServer.has(name))
  return { rows, byServer, listings, servers, asking, ask }
}

/** Systems by the names of their plans. */
export function useSystemOf(): ReadonlyMap<string, string> {
  const plans = useStore(useStores().plans, ({ value }) => value?.plans)
  return useMemo(() => new Map(plans?.map(({ settings }) => [settings.name, settings.system])), [plans])
}
