import { useCallback, useEffect, useRef, useState } from 'react'
import type { Failure } from '../../../shared/failure.ts'
import type { Result } from '../../../shared/result.ts'

export type Job = { what: string; server: string; work: (signal: AbortSignal) => Promise<Result<unknown>> }
export type Batch = {
  busy: boolean
  /** Those that did not go well, with what they were about. */
  failures: readonly { what: string; server: string; failure: Failure }[]
  /** @returns the answers of those that went well */
  run: (jobs: readonly Job[]) => Promise<unknown[]>
  clear: () => void
}

/** One deed on several things, one after the other: what goes wrong with one stops none of the others. */
export function useBatch(): Batch {
  const [state, setState] = useState<Pick<Batch, 'busy' | 'failures'>>({ busy: false, failures: [] })
  const running = useRef<AbortController | null>(null)
  useEffect(() => () => running.current?.abort(), [])
  const run = useCallback(async (jobs: readonly Job[]) => {
    if (running.current) return []
    const control = new AbortController()
    running.current = control
    setState({ busy: true, failures: [] })
    const failures: Batch['failures'][number][] = []
    const well: unknown[] = []
    for (const { what, server, work } of jobs) {
      const answer = await work(control.signal)
      if (control.signal.aborted) return []
      if (answer.ok) well.push(answer.value)
      else failures.push({ what, server, failure: answer.failure })
    }
    running.current = null
    setState({ busy: false, failures })
    return well
  }, [])
  const clear = useCallback(() => setState({ busy: false, failures: [] }), [])
  return { ...state, run, clear }
}
