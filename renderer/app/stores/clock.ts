import { createStore, type StoreApi } from 'zustand/vanilla'

export type ClockStore = StoreApi<{ now: number }> & { start(): () => void }

/** The time of this machine, changed once a second, just after the second begins. */
export function createClock(now: () => number): ClockStore {
  const store = createStore(() => ({ now: now() }))
  const start = () => {
    let timer: ReturnType<typeof setTimeout>
    const tick = () => {
      store.setState({ now: now() })
      timer = setTimeout(tick, 1000 - (now() % 1000) + 5)
    }
    tick()
    return () => clearTimeout(timer)
  }
  return Object.assign(store, { start })
}
