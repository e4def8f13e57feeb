import { useMemo } from 'react'
import { useStore } from 'zustand'
import { createStore, type StoreApi } from 'zustand/vanilla'
import type { Preflight } from '../../../shared/contract/restore.ts'
import type { Failure } from '../../../shared/failure.ts'
import { useApp } from '../../app/app-context.tsx'
import type { Call, On } from '../../app/rpc.ts'
import type { RestoreRequest } from '../../../shared/contract/restore.ts'

type Line = Preflight['lines'][number]
/** The last preflight, and of which answers it was made; it holds for no others. */
export type Checked = {
  /** The answers, as text; null: nothing was checked yet. */
  of: string | null
  /** Lines known so far, in the order in which they came. */
  lines: readonly Line[]
  asking: number | null
  result: Preflight | null
  failure: Failure | null
  /** When it ended, ms. */
  at: number | null
  took: number
}

export const unchecked: Checked = {
  of: null,
  lines: [],
  asking: null,
  result: null,
  failure: null,
  at: null,
  took: 0,
}

export type CheckStore = StoreApi<Checked> & {
  check(request: RestoreRequest): Promise<void>
  forget(): void
}

export const keyOf = (request: RestoreRequest): string => JSON.stringify(request)

export function createChecks({ call, on, now }: { call: Call; on: On; now: () => number }): CheckStore {
  const store = createStore<Checked>(() => unchecked)
  let running: { id: string; stop: AbortController } | null = null
  on('restore.checked', ({ id, line }) => {
    if (running?.id === id) store.setState(({ lines }) => ({ lines: [...lines, line] }))
  })
  const forget = () => {
    running?.stop.abort()
    running = null
    store.setState(unchecked)
  }
  const check = async (request: RestoreRequest) => {
    running?.stop.abort()
    const own = { id: crypto.randomUUID(), stop: new AbortController() }
    running = own
    const begin = now()
    store.setState({ ...unchecked, of: keyOf(request), asking: begin })
    const answer = await call('restore.preflight', { id: own.id, request }, { signal: own.stop.signal })
    if (running !== own) return
    running = null
    const ended = { asking: null, at: now(), took: now() - begin }
    store.setState(
      answer.ok
        ? { ...ended, result: answer.value, lines: answer.value.lines }
        : { ...ended, failure: answer.failure },
    )
  }
  return Object.assign(store, { check, forget })
}

const stores = new WeakMap<object, CheckStore>()

/** The preflight of these answers: unchecked as soon as one of them is another. */
export function useChecked(request: RestoreRequest | null): Checked & {
  check: () => void
  forget: () => void
  /** Stands for the answers; null while some are missing. */
  key: string | null
  /** There is a preflight, and it is of other answers. */
  stale: boolean
} {
  const app = useApp()
  const store = useMemo(() => {
    const made = stores.get(app.stores) ?? createChecks({ call: app.call, on: app.on, now: Date.now })
    stores.set(app.stores, made)
    return made
  }, [app])
  const checked = useStore(store)
  const key = request && keyOf(request)
  return useMemo(() => {
    const fits = key !== null && checked.of === key
    return {
      ...(fits ? checked : unchecked),
      key,
      stale: !fits && checked.result !== null,
      check: () => {
        if (key !== null) void store.check(JSON.parse(key) as RestoreRequest)
      },
      forget: () => store.forget(),
    }
  }, [checked, key, store])
}
