import type { RunSnapshot } from '../../../shared/contract/run.ts'
import { drivesScript } from '../../../shared/run.ts'
import { formatMoment } from '../../app/format.ts'
import { useArrival } from '../../app/parts/use-arrival.ts'
import { isLive, runTitle } from '../../app/run-words.ts'
import { Empty, PageBody, PageHeader, RunPage, Trouble } from '../../ui/index.ts'
import { path } from './run-path.ts'
import { RunActions } from './run-actions.tsx'
import { RunComponents } from './run-components.tsx'
import { RunDirector } from './run-director.tsx'
import { RunEnded } from './run-ended.tsx'
import { RunLeft } from './run-left.tsx'
import { RunMore } from './run-more.tsx'
import { RunTop } from './run-top.tsx'
import { RunServers } from './run-servers.tsx'
import { RunTransfer } from './run-transfer.tsx'
import { useAnnounced } from './use-announced.ts'
import { useRun, useStall } from './use-run.ts'

/** One run: what it does now, how far it is, what holds it up; or how it ended and what comes next. */
export function RunShow({ id }: { id: string }) {
  const { run, failure } = useRun(id)
  if (run) return drivesScript(run.kind) ? <RunDirector run={run} /> : <RunKnown run={run} />
  return (
    <>
      <PageHeader title={id} path={path} />
      <PageBody>
        {failure?.code === 'run.unknown' ? (
          <Empty title="There is no such run on this machine." page>
            Runs are kept in the state folder of the machine that made them.
          </Empty>
        ) : failure ? (
          <Trouble failure={failure} title="The run cannot be shown" />
        ) : (
          <p className="muted">Asking for the run.</p>
        )}
      </PageBody>
    </>
  )
}

function RunKnown({ run }: { run: RunSnapshot }) {
  useArrival()
  const stall = useStall(run)
  useAnnounced(run, stall !== null)
  const live = isLive(run)
  return (
    <>
      <PageHeader
        title={runTitle(run)}
        path={path}
        lead={
          <>
            {run.about}.{' '}
            {live ? 'Closing this window does not stop the run' : formatMoment(run.started, Date.now())}
            {live && run.here ? ', ending Drydock does.' : '.'}
          </>
        }
        actions={<RunActions run={run} />}
      />
      <PageBody flush>
        <RunPage
          top={<RunTop run={run} stall={stall} />}
          left={<RunLeft run={run} stalled={stall !== null} />}
        >
          <RunEnded run={run} />
          <RunTransfer run={run} stall={stall} />
          <RunServers run={run} />
          <RunComponents run={run} />
          <RunMore run={run} />
        </RunPage>
      </PageBody>
    </>
  )
}
