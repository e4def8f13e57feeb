import { useEffect, useState } from 'react'
import type { OutputOf } from '../../../shared/contract/index.ts'
import type { Failure } from '../../../shared/failure.ts'
import { useCall } from '../../app/app-context.tsx'
import type { LedgerFilter } from '../../ui/index.ts'

export type LedgerEntry = OutputOf<'run.ledger'>['lines'][number]

const actions = {
  all: [],
  written: ['create', 'replace'],
  same: ['same'],
  left: ['leave'],
  failed: ['refuse', 'failed'],
} as const satisfies Record<LedgerFilter, readonly LedgerEntry['action'][]>

const page = 200

/** The ledger of a restore under a filter, page by page. */
export function useLedger(runId: string, filter: LedgerFilter) {
  const call = useCall()
  const [state, setState] = useState<{
    of: LedgerFilter
    lines: readonly LedgerEntry[]
    total: number | null
    failure: Failure | null
  }>({ of: filter, lines: [], total: null, failure: null })
  const [wanted, setWanted] = useState(page)
  const current = state.of === filter ? state : { of: filter, lines: [], total: null, failure: null }
  const from = current.lines.length
  const isDue = current.total === null || (from < wanted && from < current.total)
  useEffect(() => {
    if (!isDue) return
    const stop = new AbortController()
    void call(
      'run.ledger',
      { runId, from, limit: Math.min(1000, wanted - from), actions: [...actions[filter]] },
      { signal: stop.signal },
    ).then(answer => {
      if (stop.signal.aborted) return
      setState(last => {
        const before = last.of === filter ? last.lines : []
        if (!answer.ok) return { of: filter, lines: before, total: before.length, failure: answer.failure }
        const { lines, total } = answer.value
        // A page without lines is the end, whatever the count says.
        return {
          of: filter,
          lines: [...before, ...lines],
          total: lines.length === 0 ? before.length : total,
          failure: null,
        }
      })
    })
    return () => stop.abort()
  }, [call, runId, filter, from, wanted, isDue])
  useEffect(() => setWanted(page), [filter])
  return { ...current, loading: isDue, more: (count: number) => setWanted(from + count) }
}
