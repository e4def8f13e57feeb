import { useStore } from 'zustand'
import type { RunSnapshot } from '../../../shared/contract/run.ts'
import { useNow, useStores } from '../../app/app-context.tsx'
import { counted, formatMoment, formatRange, formatRate, formatUtc } from '../../app/format.ts'
import { href } from '../../app/router.ts'
import { arrivalRate, timeLeft } from '../../../shared/run-rates.ts'
import { isLive, runTitle } from '../../app/run-words.ts'
import { Facts, Inspector, InspectorPart, LinkButton, Rows } from '../../ui/index.ts'
import { isRestore } from './run-actions.tsx'
import { RunBytes, RunState, RunTook } from './run-cells.tsx'
import { RunEnded } from './run-ended.tsx'
import css from './runs.module.css'

/** So many problems stand beside the list; the run's page has all. */
const mostProblems = 5

/** The run that is chosen in the list: how it stands or how it ended, and the way to all of it. */
export function RunInspector({ run }: { run: RunSnapshot }) {
  const live = isLive(run)
  const { problems, firstProblems, origin } = run
  return (
    <Inspector
      title={runTitle(run)}
      lead={<RunState run={run} brief />}
      actions={
        <>
          {isRestore(run) && !live && run.state !== 'interrupted' && (
            <LinkButton size="small" href={href({ page: 'proofs', mode: 'show', name: run.id })}>
              Open the proof
            </LinkButton>
          )}
          <LinkButton size="small" href={href({ page: 'runs', mode: 'show', name: run.id })}>
            {live ? 'Watch the run' : 'Open the run'}
          </LinkButton>
        </>
      }
    >
      <RunEnded run={run} />
      <div className={css.facts}>
        <Facts
          names="7.25rem"
          facts={[
            ['What', <span className="breakable">{run.about}</span>],
            ['Began', `${formatMoment(run.started, Date.now())}, ${formatUtc(run.started)}`],
            [live ? 'Running for' : 'Took', <RunTook run={run} />],
            ['Acknowledged', <RunBytes run={run} />],
            live && ['Left', <Left run={run} />],
            run.plan !== null && [
              'Plan',
              <a href={href({ page: 'plans', mode: 'show', name: run.plan })}>{run.plan}</a>,
            ],
            origin !== undefined && ['By', `${origin.user} on ${origin.host}`],
            ['Run', <code className="breakable">{run.id}</code>],
          ]}
        />
      </div>
      {problems > 0 && (
        <InspectorPart title={counted(problems, 'problem')}>
          <Rows
            label="Problems"
            rows={firstProblems.slice(0, mostProblems).map(({ subject, detail }, index) => ({
              key: String(index),
              tone: 'warn',
              title: <span className="breakable">{subject}</span>,
              detail,
            }))}
          />
          {problems > Math.min(mostProblems, firstProblems.length) && (
            <p className="note">The run’s own page has all of them.</p>
          )}
        </InspectorPart>
      )}
    </Inspector>
  )
}

function Left({ run }: { run: RunSnapshot }) {
  const now = useNow()
  const samples = useStore(useStores().runs, ({ histories }) => histories.get(run.id)?.samples)
  const left = run.state === 'running' && samples ? timeLeft(samples, run.progress.total, now) : null
  const rate = samples ? arrivalRate(samples, now) : null
  if (!left) return <span className="muted">not known yet</span>
  return (
    <>
      {formatRange(left)}
      {rate !== null && <span className="muted">, {formatRate(rate)} now</span>}
    </>
  )
}
