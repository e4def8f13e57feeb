import type { RunSnapshot } from '../../../shared/contract/run.ts'
import type { SwitchRecord } from '../../../shared/contract/switch.ts'
import { useNow } from '../../app/app-context.tsx'
import { formatDuration, formatMoment } from '../../app/format.ts'
import { isLive, runStatus } from '../../app/run-words.ts'
import { href } from '../../app/router.ts'
import {
  Facts,
  LinkButton,
  type LinkButtonProps,
  Notice,
  Status,
  Trouble,
  Verdict,
  visibleControls,
} from '../../ui/index.ts'
import { directorNow, HostsLeft, useDirectorRun } from '../director/index.ts'
import { useRun } from '../runs/index.ts'
import { sitesOf } from './model.ts'
import css from './switch.module.css'

function RunLink({ id, ...look }: { id: string } & Pick<LinkButtonProps, 'kind' | 'size' | 'pagePrimary'>) {
  return (
    <LinkButton href={href({ page: 'runs', mode: 'show', name: id })} icon="terminal" {...look}>
      Open the run
    </LinkButton>
  )
}

/** What a step does now, or how it ended. */
export function StepRun({ record, step }: { record: SwitchRecord; step: 1 | 2 }) {
  const { run: id, deployment, state, ended } = record.steps[step - 1] ?? record.steps[0]
  const now = useNow()
  const site = sitesOf(record.direction)[step - 1]
  if (id === null)
    return (
      <Verdict
        tone="idle"
        question={`Step ${step} on ${deployment}`}
        answer="Never started"
        reason={`Nothing was done at the ${site}.`}
      />
    )
  if (state === 'running') return <Live id={id} step={step} site={site ?? ''} />
  return (
    <Verdict
      tone={state === 'done' ? 'ok' : 'bad'}
      question={`Step ${step} on ${deployment}`}
      answer={
        state !== 'done' ? 'Failed' : `Done: the ${site} is ${step === 1 ? 'passive' : 'the active site'}`
      }
      reason={ended === null ? 'When it ended is not known.' : `Ended ${formatMoment(ended, now)}.`}
      side={<RunLink id={id} />}
    />
  )
}

function Live({ id, step, site }: { id: string; step: 1 | 2; site: string }) {
  const { run, failure } = useRun(id)
  if (!run) return failure ? <Trouble failure={failure} /> : <p className="muted">Asking.</p>
  return <LiveRun run={run} step={step} site={site} />
}

function LiveRun({ run, step, site }: { run: RunSnapshot; step: 1 | 2; site: string }) {
  const now = useNow()
  const { state } = useDirectorRun(run)
  const asks = isLive(run) ? state?.asking : null
  return (
    <>
      <Verdict
        tone={run.state === 'running' ? 'run' : 'warn'}
        question={`Step ${step}: the ${site} becomes ${step === 1 ? 'passive' : 'active'}`}
        answer={directorNow(run, state) ?? (run.progress.phase === '' ? 'Begins' : run.progress.phase)}
        reason={
          <>
            <Status is={runStatus(run)} quiet />, begun{' '}
            {formatDuration(Math.max(1000, now - Date.parse(run.started)))} ago. It runs on{' '}
            {state?.host ?? 'its host'} by itself, whatever happens here.
          </>
        }
        side={<RunLink id={run.id} kind="primary" pagePrimary />}
      />
      {asks && (
        <div className={css.spaced}>
          <Notice tone="warn" urgent>
            <b>The script asks you:</b> {visibleControls(asks.text)} The answer is typed on the page of the
            run.
          </Notice>
        </div>
      )}
      {!isLive(run) && (
        <div className={css.spaced}>
          <Notice tone="warn">
            <b>Nobody watches it now.</b> On the page of the run it is attached to again.
          </Notice>
        </div>
      )}
      {state && (
        <div className={css.spaced}>
          <Facts
            facts={[
              ['Play', state.play ?? 'none yet'],
              ['Task', state.task ?? 'none yet'],
              ['Hosts now', visibleControls(state.hostState)],
            ]}
          />
        </div>
      )}
    </>
  )
}

/** Why a step came to no good end, and in what state it left the hosts. */
export function RunFailed({ id, step }: { id: string; step: 1 | 2 }) {
  const { run } = useRun(id)
  if (!run) return null
  return <Left run={run} step={step} />
}

function Left({ run, step }: { run: RunSnapshot; step: 1 | 2 }) {
  const { state } = useDirectorRun(run)
  return (
    <div className={css.failed}>
      {run.failure ? (
        <Trouble
          failure={run.failure}
          title={`Step ${step} did not come to its end`}
          todo="Read how far it came, mend it, and try again: it is checked anew below."
          actions={<RunLink id={run.id} size="small" />}
        />
      ) : (
        <Notice tone="bad" actions={<RunLink id={run.id} />}>
          <b>Step {step} did not come to its end.</b> It is checked anew below, and can be tried again.
        </Notice>
      )}
      {state && <HostsLeft state={state} />}
    </div>
  )
}

/** The run of a step, as a link; nothing when there was none. */
export function StepLink({ record, step }: { record: SwitchRecord; step: 1 | 2 }) {
  const { run, deployment, state, ended } = record.steps[step - 1] ?? record.steps[0]
  const now = useNow()
  if (run === null) return <span className="muted">not started</span>
  return (
    <>
      <a href={href({ page: 'runs', mode: 'show', name: run })}>{deployment}</a>, {state}
      {ended !== null && ` ${formatMoment(ended, now)}`}
    </>
  )
}
