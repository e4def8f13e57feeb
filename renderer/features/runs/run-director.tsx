import { useEffect, useRef } from 'react'
import type { RunSnapshot } from '../../../shared/contract/run.ts'
import { useArrival } from '../../app/parts/use-arrival.ts'
import { isLive, runTitle } from '../../app/run-words.ts'
import { PageBody, PageHeader, RunPage } from '../../ui/index.ts'
import {
  AfterwardsCard,
  DirectorActions,
  directorLead,
  directorNow,
  HostsLeft,
  ScriptPanel,
  taskDetail,
  useDirectorRun,
} from '../director/index.ts'
import { isRestore, RunActions, SwitchLink } from './run-actions.tsx'
import { RunEnded } from './run-ended.tsx'
import { RunLeft } from './run-left.tsx'
import { RunMore } from './run-more.tsx'
import { path } from './run-path.ts'
import { RunTop } from './run-top.tsx'
import css from './runs.module.css'
import { useAnnounced } from './use-announced.ts'
import { useStall } from './use-run.ts'

/** A Director restore, or a step of a switch-over: what the vendor's script does now, and all that it said; or how it ended and what comes next. */
export function RunDirector({ run }: { run: RunSnapshot }) {
  useArrival()
  const stall = useStall(run)
  useAnnounced(run, stall !== null)
  const director = useDirectorRun(run)
  const { state } = director
  const live = isLive(run)
  const isUnwatched = run.state === 'interrupted' && (state?.link === 'live' || state?.link === 'lost')
  const end = useRef<HTMLDivElement>(null)
  const wasLive = useRef(live)
  useEffect(() => {
    // How it ended stands above what was being read.
    if (wasLive.current && !live) end.current?.scrollIntoView({ block: 'end' })
    wasLive.current = live
  }, [live])
  return (
    <>
      <PageHeader
        title={runTitle(run)}
        path={path}
        lead={directorLead(run, state)}
        actions={
          <>
            <SwitchLink run={run} />
            {live ? <DirectorActions run={run} director={director} /> : <RunActions run={run} />}
          </>
        }
      />
      <PageBody flush>
        <RunPage
          top={<RunTop run={run} stall={stall} doing={directorNow(run, state)} />}
          left={<RunLeft run={run} stalled={stall !== null} detail={live ? taskDetail(run, state) : null} />}
        >
          <div ref={end} className={css.end}>
            {!isUnwatched && <RunEnded run={run} />}
          </div>
          {!live && state && run.state !== 'succeeded' && run.state !== 'interrupted' && (
            <HostsLeft state={state} />
          )}
          {isRestore(run) && run.state === 'succeeded' && state && (
            <AfterwardsCard run={run} director={director} />
          )}
          <ScriptPanel run={run} director={director} />
          <RunMore run={run} />
        </RunPage>
      </PageBody>
    </>
  )
}
