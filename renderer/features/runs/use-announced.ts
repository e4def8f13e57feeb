import { useEffect, useRef } from 'react'
import type { RunSnapshot } from '../../../shared/contract/run.ts'
import { formatBytes } from '../../app/format.ts'
import { partDone } from '../../../shared/run-rates.ts'
import { asksYou, isLive, runStatus, runTitle } from '../../app/run-words.ts'
import { useAnnounce } from '../../ui/index.ts'
import { phaseNow } from './run-model.ts'

/** Says aloud what a run does: each change of phase or state, every 10 %, a stall at once. */
export function useAnnounced(run: RunSnapshot, stalled: boolean): void {
  const announce = useAnnounce()
  const said = useRef<{ phase: string; state: string; tenth: number; stalled: boolean } | null>(null)
  useEffect(() => {
    const { state } = run
    const { phase, bytes } = run.progress
    const part = partDone(run.progress, !isLive(run))
    const tenth = part === null ? 0 : Math.floor(part * 10)
    const last = said.current
    said.current = { phase, state, tenth, stalled }
    // What was so when the page opened is read from the page.
    if (last === null) return
    if (stalled && !last.stalled)
      announce(`${runTitle(run)} ${asksYou(run) ? 'asks you something' : 'is stalled'}`, 'assertive')
    else if (state !== last.state) announce(`${runTitle(run)}: ${runStatus(run)}`)
    else if (phase !== last.phase) announce(phaseNow(phase))
    else if (tenth > last.tenth) announce(`${tenth * 10} percent, ${formatBytes(bytes)}`)
  }, [run, stalled, announce])
}
