import { useMemo } from 'react'
import { useStore } from 'zustand'
import { createStore, type StoreApi } from 'zustand/vanilla'
import type { DirectorLine, DirectorPreflight, DirectorRequest } from '../../../shared/contract/director.ts'
import type { Failure } from '../../../shared/failure.ts'
import { useApp } from '../../app/app-context.tsx'
import type { Call, On } from '../../app/rpc.ts'

/** The last preflight, and of which answers it was made; it holds for no others. */
export type Checked = {
  /** The answers and the deployment's record, as text; null: nothing was checked yet. */
  of: string | null
  /** Lines known so far; a line that comes again takes the place of the earlier one. */
  lines: readonly DirectorLine[]
  asking: number | null
  result: DirectorPreflight | null
  failure: Failure | null
  /** When it ended, ms. */
  at: number | null
  took: number
}

export const unchecked: Checked = {
  ...{ of: null, lines: [], asking: null, result: null, failure: null, at: null, took: 0 },
}

export type CheckStore = StoreApi<Checked> & {
  check(request: DirectorRequest, key: string): Promise<void>
  forget(): void
}

export function createChecks({ call, on, now }: { call: Call; on: On; now: () => number }): CheckStore {
  const store = createStore<Checked>(() => unchecked)
  let running: { id: string; stop: AbortController } | null = null
  on('director.checked', ({ id, line }) => {
    if (running?.id !== id) return
    store.setState(({ lines }) => ({
      lines: lines.some(known => known.id === line.id)
        ? lines.map(known => (known.id === line.id ? line : known))
        : [...lines, line],
    }))
  })
  const forget = () => {
    running?.stop.abort()
    running = null
    store.setState(unchecked)
  }
  const check = async (request: DirectorRequest, key: string) => {
    running?.stop.abort()
    const own = { id: crypto.randomUUID(), stop: new AbortController() }
    running = own
    const begin = now()
    store.setState({ ...unchecked, of: key, asking: begin })
    const answer = await call('director.preflight', { id: own.id, request }, { signal: own.stop.signal })
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

export type UseChecked = Checked & {
  check: () => void
  forget: () => void
  /** Stands for the answers; null while some are missing. */
  key: string | null
  /** There is a preflight, and it is of other answers. */
  stale: boolean
}

/**
 * The preflight of these answers: unchecked as soon as one of them is another, or the record of the deployment folder
 * is (a key was pinned, its host changed).
 */
export function useChecked(request: DirectorRequest | null, record: unknown): UseChecked {
  const app = useApp()
  const store = useMemo(() => {
    const made = stores.get(app.stores) ?? createChecks({ call: app.call, on: app.on, now: Date.now })
    stores.set(app.stores, made)
    return made
  }, [app])
  const checked = useStore(store)
  const key = request && record ? JSON.stringify([request, record]) : null
  return useMemo(() => {
    const fits = key !== null && checked.of === key
    return {
      ...(fits ? checked : unchecked),
      key,
      stale: !fits && checked.result !== null,
      check: () => {
        if (key === null) return
        const [given] = JSON.parse(key) as [DirectorRequest]
        void store.check(given, key)
      },
      forget: () => store.forget(),
    }
  }, [checked, key, store])
}
