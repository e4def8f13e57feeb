import { useMemo } from 'react'
import { useStore } from 'zustand'
import { createStore, type StoreApi } from 'zustand/vanilla'
import type { Verdict } from '../../../../shared/contract/restore.ts'
import type { Failure } from '../../../../shared/failure.ts'
import type { Result } from '../../../../shared/result.ts'
import { useApp } from '../../app-context.tsx'
import type { Call, On } from '../../rpc.ts'

/** A line of any preflight. */
export type CheckLine = {
  id: string
  title: string
  state: 'pass' | 'warn' | 'stop' | 'not-tried'
  finding: string
  fix?: string | undefined
}
export type Found<L extends CheckLine> = { verdict: Verdict; lines: L[] }

/** The last preflight, and of which answers it was made; it holds for no others. */
export type Checked<L extends CheckLine, R extends Found<L>> = {
  /** The answers, as text; null: nothing was checked yet. */
  of: string | null
  /** Lines known so far; a line that comes again takes the place of the earlier one. */
  lines: readonly L[]
  asking: number | null
  result: R | null
  failure: Failure | null
  /** When it ended, ms. */
  at: number | null
  took: number
}

export const unchecked = {
  ...{ of: null, lines: [], asking: null, result: null, failure: null, at: null, took: 0 },
}

export type CheckStore<Q, L extends CheckLine, R extends Found<L>> = StoreApi<Checked<L, R>> & {
  check(request: Q, key: string): Promise<void>
  forget(): void
}

/** One kind of preflight: how it is asked for, and under which id its lines come before it has ended. */
export type CheckKind<Q, L extends CheckLine, R extends Found<L>> = {
  ask: (call: Call, id: string, request: Q, options: { signal: AbortSignal }) => Promise<Result<R>>
  hear: (on: On, told: (id: string, line: L) => void) => void
  /** Absent: an id of its own for each check. */
  idOf?: (request: Q) => string
}

export function createChecks<Q, L extends CheckLine, R extends Found<L>>(
  { ask, hear, idOf = () => crypto.randomUUID() }: CheckKind<Q, L, R>,
  { call, on, now }: { call: Call; on: On; now: () => number },
): CheckStore<Q, L, R> {
  const store = createStore<Checked<L, R>>(() => unchecked)
  let running: { id: string; stop: AbortController } | null = null
  hear(on, (id, line) => {
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
  const check = async (request: Q, key: string) => {
    running?.stop.abort()
    const own = { id: idOf(request), stop: new AbortController() }
    running = own
    const begin = now()
    store.setState({ ...unchecked, of: key, asking: begin })
    const answer = await ask(call, own.id, request, { signal: own.stop.signal })
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

export type UseChecked<L extends CheckLine, R extends Found<L>> = Checked<L, R> & {
  check: () => void
  forget: () => void
  /** Stands for the answers; null while some are missing. */
  key: string | null
  /** There is a preflight, and it is of other answers. */
  stale: boolean
}

/**
 * The hook of one kind of preflight: unchecked as soon as an answer is another. `beside`: what it rests on besides the
 * request, such as the record of a deployment folder; null while it is not known.
 */
export function checkHook<Q, L extends CheckLine, R extends Found<L>>(kind: CheckKind<Q, L, R>) {
  const stores = new WeakMap<object, CheckStore<Q, L, R>>()
  return function useChecked(request: Q | null, beside?: unknown): UseChecked<L, R> {
    const app = useApp()
    const store = useMemo(() => {
      const made = stores.get(app.stores) ?? createChecks(kind, { call: app.call, on: app.on, now: Date.now })
      stores.set(app.stores, made)
      return made
    }, [app])
    const checked = useStore(store)
    const key = request && beside !== null ? JSON.stringify([request, beside]) : null
    return useMemo(() => {
      const fits = key !== null && checked.of === key
      return {
        ...(fits ? checked : unchecked),
        key,
        stale: !fits && checked.result !== null,
        check: () => {
          if (key === null) return
          const [given] = JSON.parse(key) as [Q]
          void store.check(given, key)
        },
        forget: () => store.forget(),
      }
    }, [checked, key, store])
  }
}

/** Why the next step cannot be gone to; null: it can. */
export function checkOff<L extends CheckLine>({
  asking,
  result,
  lines,
}: Pick<Checked<L, Found<L>>, 'asking' | 'result' | 'lines'>): string | null {
  if (asking !== null) return 'it is being checked'
  if (!result) return 'it is unchecked'
  if (result.verdict !== 'NO-GO') return null
  const stops = lines.filter(({ state }) => state === 'stop').length
  return stops === 1 ? '1 line says NO-GO' : `${stops} lines say NO-GO`
}
