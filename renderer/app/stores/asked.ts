import { createStore, type StoreApi } from 'zustand/vanilla'
import type { Failure } from '../../../shared/failure.ts'
import type { Result } from '../../../shared/result.ts'

/** Something the engine was asked for. The last answer stays while it is asked again or that fails. */
export type Asked<T> = {
  value: T | null
  /** What came of the last try; null when it went well. */
  failure: Failure | null
  /** Since when it is being asked, ms; null while it is not. */
  asking: number | null
  /** When the value came, ms. */
  at: number | null
}

export type AskedStore<T> = StoreApi<Asked<T>> & {
  /** Asks (again). While it is being asked, one more try follows, so that no change is missed. */
  refresh(): Promise<void>
  /** Takes a value that came by an event. */
  take(value: T): void
}

/** A store of one answer. */
export function createAsked<T>(ask: () => Promise<Result<T>>, now: () => number): AskedStore<T> {
  const store = createStore<Asked<T>>(() => ({ value: null, failure: null, asking: null, at: null }))
  let again = false
  const refresh = async () => {
    if (store.getState().asking !== null) {
      again = true
      return
    }
    do {
      again = false
      store.setState({ asking: now() })
      const answer = await ask()
      store.setState(
        answer.ok
          ? { value: answer.value, failure: null, asking: null, at: now() }
          : { failure: answer.failure, asking: null },
      )
    } while (again)
  }
  const take = (value: T) => store.setState({ value, failure: null, at: now() })
  return Object.assign(store, { refresh, take })
}
