import type { DirectorState } from '../../../../shared/contract/director.ts'
import type { RunSnapshot } from '../../../../shared/contract/run.ts'
import { useKnownNow } from '../../../app/app-context.tsx'
import { isLive } from '../../../app/run-words.ts'
import { Facts, Status, Terminal, Trouble, visibleControls } from '../../../ui/index.ts'
import { AskingForm } from './asking-form.tsx'
import { LinkNotice } from './link-notice.tsx'
import { hostName, scriptOf, tasksOf } from './model.ts'
import css from './run.module.css'
import { useTerminalSource, type DirectorRun } from './use-director-run.ts'

/** The vendor's script: how far it is, what it asks, all that it said. */
export function ScriptPanel({ run, director }: { run: RunSnapshot; director: DirectorRun }) {
  const { state, failure } = director
  const { source, failure: unread } = useTerminalSource(run)
  const script = scriptOf(run, state)
  return (
    <>
      {failure && !state && failure.code !== 'run.unknown' && (
        <Trouble failure={failure} title="How the script stands cannot be read" />
      )}
      {state && state.link !== 'not-started' && <Tasks state={state} />}
      {state && <LinkNotice run={run} state={state} />}
      {state?.asking && isLive(run) && (
        <AskingForm key={state.asking.id} runId={run.id} question={state.asking} />
      )}
      {unread && <Trouble failure={unread} title="The script’s output cannot be read" />}
      <div className={css.terminal} data-asking={state?.asking !== undefined && state.asking !== null}>
        <Terminal
          title={`setup.sh on ${state ? visibleControls(hostName(state.host)) : 'its host'}`}
          status={<Status is={script.word} says={script.says} quiet />}
          note={
            script.is === 'waiting'
              ? 'starts in the phase Vendor script; it runs on by itself if this console drops out'
              : 'blue: asked by the script; secrets never reach this log'
          }
          source={source}
        />
      </div>
    </>
  )
}

function Tasks({ state }: { state: DirectorState }) {
  const now = useKnownNow()
  const { task, note } = tasksOf(state, now)
  const { ok, changed, unreachable, failed, link } = state
  return (
    <section className={css.tasks} aria-label="Script progress">
      <div>
        <p className={css.task}>
          {task} <span>{link === 'ended' ? 'in the script' : visibleControls(state.task ?? '')}</span>
        </p>
        <p className="note">{visibleControls(note)}</p>
      </div>
      <div className={css.counts}>
        <Facts
          tight
          names="auto"
          facts={[
            ['ok', ok],
            ['changed', changed],
          ]}
        />
        <Facts
          tight
          names="auto"
          facts={[
            ['unreachable', <Count key="unreachable" of={unreachable} />],
            ['failed', <Count key="failed" of={failed} />],
          ]}
        />
      </div>
    </section>
  )
}

const Count = ({ of }: { of: number }) => (of > 0 ? <b className={css.bad}>{of}</b> : of)
