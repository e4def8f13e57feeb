import type { RunSnapshot } from '../../../shared/contract/run.ts'
import { drivesScript } from '../../../shared/run.ts'
import { useKnownNow } from '../../app/app-context.tsx'
import { isLive } from '../../app/run-words.ts'
import { PhaseList, Rows, visibleControls } from '../../ui/index.ts'
import { RunLimit } from './run-limit.tsx'
import { problemCount, problemsShown } from './run-failed.ts'
import { phasesOf } from './run-model.ts'
import css from './runs.module.css'
import { useExpected } from './use-run.ts'

/** The phases of a run and its first problems. @param detail what is known of the phase that goes on */
export function RunLeft(props: { run: RunSnapshot; stalled: boolean; detail?: string | null }) {
  const { run, stalled, detail = null } = props
  const problems = problemsShown(run)
  return (
    <div className={css.left}>
      <section>
        <h2 className={css.head}>Phases</h2>
        <Phases run={run} stalled={stalled} detail={detail} />
      </section>
      {isLive(run) && !drivesScript(run.kind) && <RunLimit run={run} />}
      <section>
        <h2 className={css.head}>
          Problems <span className="muted">{problemCount(run)}</span>
        </h2>
        {problems.length === 0 ? (
          <p className="note">{run.problems === 0 ? 'None.' : 'Listed at the right.'}</p>
        ) : (
          <Rows
            label="First problems"
            rows={problems.slice(0, 20).map((problem, index) => ({
              key: String(index),
              tone:
                isBad(problem.code) || problem.code === run.failure?.code
                  ? ('bad' as const)
                  : ('warn' as const),
              title: <span title={problem.subject}>{visibleControls(problem.subject)}</span>,
              detail: visibleControls(problem.detail),
            }))}
          />
        )}
      </section>
    </div>
  )
}

const isBad = (code: string) => code === 'data.damaged' || code === 'component.failed'

function Phases(props: { run: RunSnapshot; stalled: boolean; detail: string | null }) {
  const { run, stalled, detail } = props
  const now = useKnownNow()
  const phases = phasesOf(run, now, stalled, useExpected(run))
  return (
    <PhaseList
      phases={
        detail === null
          ? phases
          : phases.map(phase => (phase.key === run.progress.phase ? { ...phase, detail } : phase))
      }
    />
  )
}
