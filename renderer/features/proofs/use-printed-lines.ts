import { useEffect, useRef, useState } from 'react'
import { flushSync } from 'react-dom'
import { useAsk } from '../../app/app-context.tsx'
import type { Failure } from '../../../shared/failure.ts'
import type { LedgerEntry } from './use-ledger.ts'
import { useWhitePaper } from './use-white-paper.ts'

/**
 * The entries that go on paper, what is missing first; drawn only while it is printed, whoever asked for it: the
 * page's button, or the browser. Asked for beforehand, because printing waits for nothing.
 * @param runId null for a report without a ledger
 */
export function usePrintedLines(
  runId: string | null,
  most: number,
): { lines: readonly LedgerEntry[]; asking: boolean; failure: Failure | null } {
  useWhitePaper()
  const first = useAsk(
    'run.ledger',
    runId === null ? null : { runId, from: 0, limit: most, actions: ['failed', 'refuse', 'leave'] },
  )
  const rest = useAsk(
    'run.ledger',
    runId === null ? null : { runId, from: 0, limit: most, actions: ['create', 'replace', 'same'] },
  )
  const [lines, setLines] = useState<readonly LedgerEntry[]>([])
  const all = useRef<readonly LedgerEntry[]>([])
  useEffect(() => {
    all.current = [...(first.value?.lines ?? []), ...(rest.value?.lines ?? [])].slice(0, most)
  }, [first.value, rest.value, most])
  useEffect(() => {
    const draw = () => flushSync(() => setLines(all.current))
    const clear = () => setLines([])
    addEventListener('beforeprint', draw)
    addEventListener('afterprint', clear)
    return () => {
      removeEventListener('beforeprint', draw)
      removeEventListener('afterprint', clear)
    }
  }, [])
  const failure = first.failure ?? rest.failure
  return {
    lines,
    asking: runId !== null && failure === null && (first.value === null || rest.value === null),
    failure,
  }
}
