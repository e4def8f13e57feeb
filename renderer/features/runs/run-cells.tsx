import type { ReactNode } from 'react'
import { useStore } from 'zustand'
import type { RunSnapshot } from '../../../shared/contract/run.ts'
import { failureCopy } from '../../../shared/failure-copy.ts'
import { useKnownNow, useStores } from '../../app/app-context.tsx'
import { counted, formatBytes, formatDuration, formatPercent } from '../../app/format.ts'
import { drivesScript } from '../../../shared/run.ts'
import { partDone, patienceWith, stalledFor } from '../../../shared/run-rates.ts'
import { isLive, runStatus, waitsForOther } from '../../app/run-words.ts'
import { Meter, Status } from '../../ui/index.ts'
import { countsOf, phaseName } from './run-model.ts'
import css from './runs.module.css'

/** The word a run has now. `brief`: without why, for where the whole reason stands below. */
export function RunState({ run, brief = false }: { run: RunSnapshot; brief?: boolean }) {
  if (isLive(run)) return <LiveState run={run} brief={brief} />
  return <Status is={runStatus(run)} reason={brief ? '' : <Reason text={reasonOf(run)} />} />
}

/** One line: the inspector has the whole. */
function Reason({ text }: { text: string }) {
  return (
    <span className="truncate" title={text}>
      {text}
    </span>
  )
}

function LiveState({ run, brief }: { run: RunSnapshot; brief: boolean }) {
  const now = useKnownNow()
  const history = useStore(useStores().runs, ({ histories }) => histories.get(run.id))
  const stalled =
    !waitsForOther(run) &&
    (run.progress.stalled !== undefined ||
      stalledFor(history, now, run.state === 'running', patienceWith(run)) !== null)
  const reason = run.progress.stalled ?? phaseName(run.progress.phase)
  return <Status is={runStatus(run, stalled)} reason={brief ? '' : <Reason text={reason} />} />
}

function reasonOf(run: RunSnapshot): string {
  if (run.state === 'failed' && run.failure) return failureCopy[run.failure.code].happened
  if (run.state === 'interrupted') return 'nobody works on it'
  return ''
}

/** What is acknowledged; of a run that goes on, with how much of the whole that is. */
export function RunBytes({ run }: { run: RunSnapshot }) {
  const { bytes, total } = run.progress
  const part = partDone(run.progress, !isLive(run))
  // The vendor's script counts its tasks; what it moves it does not say.
  if (drivesScript(run.kind)) return <>{counted(run.progress.files, 'task')}</>
  if (!isLive(run)) return <>{formatBytes(countsOf(run)?.bytes ?? bytes)}</>
  return (
    <span className={css.bytes}>
      <span className="nowrap">
        {formatBytes(bytes)}
        {total !== null && <span className="muted"> of {formatBytes(total)}</span>}
      </span>
      <span className={css.bar}>
        <Meter value={part} tone="run" />
        <span className="note">{part === null ? '' : formatPercent(part)}</span>
      </span>
    </span>
  )
}

/** From its start to its end, or to now. */
export function RunTook({ run }: { run: RunSnapshot }): ReactNode {
  if (run.ended !== null) return formatDuration(Date.parse(run.ended) - Date.parse(run.started))
  return isLive(run) ? <Running since={run.started} /> : <span className="muted">not known</span>
}

function Running({ since }: { since: string }) {
  return <>{formatDuration(Math.max(0, useKnownNow() - Date.parse(since)))}</>
}
