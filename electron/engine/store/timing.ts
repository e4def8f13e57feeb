/** Runs `run` once after `ms` milliseconds; the answer takes it back. Injected, so that tests own the time. */
export type Schedule = (ms: number, run: () => void) => () => void

export const systemSchedule: Schedule = (ms, run) => {
  const timer = setTimeout(run, ms)
  return () => clearTimeout(timer)
}

/** Resolves after `ms`; rejects with the signal's reason when it fires first, and then leaves no timer behind. */
export type Delay = (ms: number, signal?: AbortSignal) => Promise<void>

export const systemDelay: Delay = (ms, signal) =>
  new Promise((resolve, reject) => {
    if (signal?.aborted) {
      reject(signal.reason as Error)
      return
    }
    const end = () => {
      clearTimeout(timer)
      reject(signal?.reason as Error)
    }
    const timer = setTimeout(() => {
      signal?.removeEventListener('abort', end)
      resolve()
    }, ms)
    signal?.addEventListener('abort', end, { once: true })
  })
