import { createContext, type ReactNode, use, useCallback, useEffect, useMemo, useRef, useState } from 'react'
import { useStore } from 'zustand'
import type {
  DrydockEvent,
  DrydockMethod,
  InputOf,
  OutputOf,
  PayloadOf,
} from '../../shared/contract/index.ts'
import type { Failure } from '../../shared/failure.ts'
import type { Result } from '../../shared/result.ts'
import type { Call, On } from './rpc.ts'
import type { Asked } from './stores/asked.ts'
import type { Stores } from './stores/index.ts'

export type App = { call: Call; on: On; stores: Stores }
const AppContext = createContext<App | null>(null)

export function AppProvider({ app, children }: { app: App; children: ReactNode }) {
  return <AppContext value={app}>{children}</AppContext>
}

export function useApp(): App {
  const app = use(AppContext)
  if (!app) throw new Error('outside of AppProvider')
  return app
}
export const useCall = (): Call => useApp().call
export const useStores = (): Stores => useApp().stores

/** The time, changed once a second. Only where it is shown: it draws its component every second. */
export const useNow = (): number => useStore(useStores().clock, ({ now }) => now)

/** Since when nothing more is heard of the engine, ms; null while it is. What is shown then is of that moment. */
export const useLastKnown = (): number | null =>
  useStore(useStores().connection, ({ lastKnown }) => lastKnown)

/** As `useNow`, for what goes on in the engine: stands still while nothing is heard of it. */
export function useKnownNow(): number {
  const now = useNow()
  return useLastKnown() ?? now
}

/** Why deeds are off while the engine cannot be reached; null while it can. */
export function useUnreachable(): string | null {
  const state = useStore(useStores().connection, connection => connection.state)
  return state.is === 'open' ? null : 'the engine does not answer'
}

/** Hears an event while the component stands. */
export function useEvent<K extends DrydockEvent>(name: K, listener: (payload: PayloadOf<K>) => void): void {
  const { on } = useApp()
  const current = useRef(listener)
  useEffect(() => {
    current.current = listener
  })
  useEffect(() => on(name, payload => current.current(payload)), [on, name])
}

/**
 * What a method answers to an input, for one component. Asked again when the input changes, by `again()`, and when
 * the connection is back; given up when the component goes. `null` as input: not yet.
 */
export function useAsk<K extends DrydockMethod>(
  name: K,
  input: InputOf<K> | null,
): Asked<OutputOf<K>> & { again: () => void } {
  const { call, stores } = useApp()
  const open = useStore(stores.connection, ({ state }) => state.is === 'open')
  const [turn, setTurn] = useState(0)
  const [asked, setAsked] = useState<Asked<OutputOf<K>> & { of: string | null }>({ ...blank, of: null })
  const key = input === null ? null : (JSON.stringify(input) ?? 'undefined')
  useEffect(() => {
    if (key === null || !open) return
    const stop = new AbortController()
    setAsked(last => ({ ...(last.of === key ? last : blank), of: key, asking: Date.now() }))
    const given = key === 'undefined' ? undefined : (JSON.parse(key) as unknown)
    const ask = call as (
      name: string,
      input: unknown,
      options: { signal: AbortSignal },
    ) => Promise<Result<unknown>>
    void ask(name, given, { signal: stop.signal }).then(answer => {
      if (stop.signal.aborted) return
      setAsked(last =>
        answer.ok
          ? { value: answer.value as OutputOf<K>, failure: null, asking: null, at: Date.now(), of: key }
          : { ...last, failure: answer.failure, asking: null },
      )
    })
    return () => stop.abort()
  }, [call, name, key, open, turn])
  const again = useCallback(() => setTurn(last => last + 1), [])
  return useMemo(() => {
    const { of, ...answer } = asked
    return { ...(of === key ? answer : blank), again }
  }, [asked, key, again])
}
const blank = { value: null, failure: null, asking: null, at: null }

/**
 * Something a button does: knows whether it goes on and what came of it. `run` does nothing while it goes on;
 * `stop` aborts it. A failure stays until the next run or `clear`.
 */
export function useDeed<A extends unknown[], T>(
  work: (options: { signal: AbortSignal }, ...args: A) => Promise<Result<T>>,
): {
  busy: boolean
  failure: Failure | null
  run: (...args: A) => Promise<Result<T> | null>
  stop: () => void
  clear: () => void
} {
  const [state, setState] = useState<{ busy: boolean; failure: Failure | null }>({
    busy: false,
    failure: null,
  })
  const current = useRef(work)
  const running = useRef<AbortController | null>(null)
  useEffect(() => {
    current.current = work
  })
  useEffect(() => () => running.current?.abort(), [])
  const run = useCallback(async (...args: A) => {
    if (running.current) return null
    const control = new AbortController()
    running.current = control
    setState({ busy: true, failure: null })
    const result = await current.current({ signal: control.signal }, ...args)
    running.current = null
    setState({ busy: false, failure: result.ok || control.signal.aborted ? null : result.failure })
    return result
  }, [])
  const stop = useCallback(() => running.current?.abort(), [])
  const clear = useCallback(() => setState({ busy: false, failure: null }), [])
  return { ...state, run, stop, clear }
}
