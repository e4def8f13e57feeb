import { type ReactNode, useMemo, useState } from 'react'
import { useStore } from 'zustand'
import type { RunSnapshot } from '../../../shared/contract/run.ts'
import { useKnownNow, useLastKnown, useNow, useStores } from '../../app/app-context.tsx'
import { formatClock, formatDuration, formatMinutes, formatMoment, formatRange } from '../../app/format.ts'
import { useArrival } from '../../app/parts/use-arrival.ts'
import { href } from '../../app/router.ts'
import { timeLeft } from '../../app/run-rates.ts'
import { isLive, runStatus, runTitle } from '../../app/run-words.ts'
import {
  Empty,
  Facts,
  type Figure,
  PageBody,
  PageHeader,
  PhaseList,
  Rows,
  RunHeader,
  RunPage,
  Section,
  Tabs,
  Trouble,
  visibleControls,
} from '../../ui/index.ts'
import { RunActions, usePlan } from './run-actions.tsx'
import { RunEnded } from './run-ended.tsx'
import { RunLimit } from './run-limit.tsx'
import { RunLog } from './run-log.tsx'
import { expectedPhases, phaseNow, phasesOf, stepOf } from './run-model.ts'
import { RunProblems } from './run-problems.tsx'
import { RunServers, RunTransfer } from './run-transfer.tsx'
import css from './runs.module.css'
import { useAnnounced } from './use-announced.ts'
import { useHistory, useRun, useStall } from './use-run.ts'

const path = [{ text: 'Runs', href: href({ page: 'runs', mode: 'list' }) }]

/** One run: what it does now, how far it is, what holds it up; or how it ended and what comes next. */
export function RunShow({ id }: { id: string }) {
  const { run, failure } = useRun(id)
  if (run) return <RunKnown run={run} />
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
          <RunMore run={run} />
        </RunPage>
      </PageBody>
    </>
  )
}

function RunTop({ run, stall }: { run: RunSnapshot; stall: number | null }) {
  const live = isLive(run)
  return live ? <LiveTop run={run} stall={stall} /> : <EndedTop run={run} />
}

function LiveTop({ run, stall }: { run: RunSnapshot; stall: number | null }) {
  const now = useNow()
  const knownNow = useKnownNow()
  const lastKnown = useLastKnown()
  const phases = phasesOf(run, knownNow, stall !== null, none)
  const { samples } = useHistory(run.id)
  const { outage } = useStores()
  const declared = useStore(outage, ({ value }) => value)
  const left =
    run.state === 'running' && lastKnown === null ? timeLeft(samples, run.progress.total, now) : null
  const started = Date.parse(run.started)
  const figures: Figure[] = [
    left
      ? {
          label: 'Ends between',
          value: endsBetween(now, left),
          sub: `${formatRange(left)} left${stall === null ? '' : ' once data flows'}`,
        }
      : {
          label: 'Ends',
          value: 'Not known yet',
          sub:
            lastKnown !== null
              ? 'the engine does not answer'
              : run.state === 'running'
                ? whyUnknown(run)
                : 'nothing moves now',
        },
    ...(declared
      ? [
          {
            label: 'Recovery clock',
            value: formatDuration(Math.max(1000, now - Date.parse(declared.declared))),
            sub:
              declared.recoveryTarget === null
                ? `since ${formatClock(declared.declared, true)}`
                : `target ${formatMinutes(declared.recoveryTarget)}, until ${formatClock(Date.parse(declared.declared) + declared.recoveryTarget * 60_000, true)}`,
          },
        ]
      : []),
    {
      label: 'Running for',
      value: formatDuration(Math.max(1000, knownNow - started)),
      sub: `since ${formatClock(started, true)}${run.origin ? `, ${run.origin.user}` : ''}`,
    },
  ]
  const words = nowWords(run, stall)
  return (
    <RunHeader
      step={stepOf(phases)}
      now={lastKnown === null ? words : `Last known ${formatClock(lastKnown, true)}: ${words}`}
      figures={figures}
    />
  )
}
const none: Parameters<typeof phasesOf>[3] = new Map()

/** With seconds while they tell the ends apart. */
function endsBetween(now: number, { low, high }: { low: number; high: number }): string {
  const seconds = high < 600
  return `${formatClock(now + low * 1000, seconds)} – ${formatClock(now + high * 1000, seconds)}`
}

const whyUnknown = ({ progress }: RunSnapshot) =>
  progress.total === null ? 'how much there is, is not known' : 'shown after 10 s of progress'

function nowWords(run: RunSnapshot, stall: number | null): string {
  const doing = phaseNow(run.progress.phase)
  if (run.state === 'paused') return `Paused: ${doing.charAt(0).toLowerCase()}${doing.slice(1)}`
  if (run.state === 'cancelling') return 'Cancelling'
  if (stall === null) return doing
  return run.progress.stalled === undefined ? `${doing}: no progress` : `${doing}: waiting`
}

function EndedTop({ run }: { run: RunSnapshot }) {
  const now = useNow()
  const phases = phasesOf(run, now, false, none)
  const started = Date.parse(run.started)
  const ended = run.ended === null ? null : Date.parse(run.ended)
  const figures: Figure[] = [
    ended === null
      ? { label: 'Took', value: 'Not known', sub: 'its process is gone' }
      : {
          label: 'Took',
          value: formatDuration(ended - started),
          sub: `${formatClock(started, true)} to ${formatClock(ended, true)}`,
        },
    {
      label: 'Problems',
      value: String(run.problems),
      sub: run.problems === 0 ? 'none was met' : 'listed at the left',
    },
    {
      label: 'By',
      value: run.origin?.user ?? 'Not noted',
      sub: run.origin ? `on ${run.origin.host}, Drydock ${run.origin.version}` : 'an earlier version',
    },
  ]
  const step =
    run.state === 'succeeded'
      ? `All ${phases.length} phases`
      : `In ${phaseNow(run.progress.phase).toLowerCase()}`
  return <RunHeader step={step} now={runStatus(run)} figures={figures} />
}

function RunLeft({ run, stalled }: { run: RunSnapshot; stalled: boolean }) {
  return (
    <div className={css.left}>
      <section>
        <h2 className={css.head}>Phases</h2>
        <Phases run={run} stalled={stalled} />
      </section>
      {isLive(run) && <RunLimit run={run} />}
      <section>
        <h2 className={css.head}>
          Problems <span className="muted">{run.problems}</span>
        </h2>
        {run.firstProblems.length === 0 ? (
          <p className="note">{run.problems === 0 ? 'None.' : 'Listed at the right.'}</p>
        ) : (
          <Rows
            label="First problems"
            rows={run.firstProblems.slice(0, 20).map((problem, index) => ({
              key: String(index),
              tone: problem.code === 'data.damaged' ? ('bad' as const) : ('warn' as const),
              title: <span title={problem.subject}>{visibleControls(problem.subject)}</span>,
              detail: visibleControls(problem.detail),
            }))}
          />
        )}
      </section>
    </div>
  )
}

function Phases({ run, stalled }: { run: RunSnapshot; stalled: boolean }) {
  const now = useKnownNow()
  const { runs } = useStores()
  const list = useStore(runs, state => state.list)
  // What earlier runs took changes with none of the snapshots of this one.
  const earlier = useMemo(
    () => list.filter(({ kind, state }) => kind === run.kind && state === 'succeeded').slice(0, 100),
    [list, run.kind],
  )
  const expected = expectedPhases(run, earlier)
  return <PhaseList phases={phasesOf(run, now, stalled, expected)} />
}

type More = 'log' | 'problems' | 'about'

function RunMore({ run }: { run: RunSnapshot }) {
  const [view, setView] = useState<More>('log')
  return (
    <Section
      title="More"
      ruled={false}
      near
      side={
        <Tabs
          inline
          label="More about the run"
          value={view}
          onChange={setView}
          tabs={[
            { value: 'log', text: 'Log' },
            { value: 'problems', text: 'Problems', count: run.problems },
            { value: 'about', text: 'What was asked' },
          ]}
        />
      }
    >
      {view === 'log' && <RunLog id={run.id} live={isLive(run)} />}
      {view === 'problems' && <RunProblems run={run} />}
      {view === 'about' && <RunAbout run={run} />}
    </Section>
  )
}

function RunAbout({ run }: { run: RunSnapshot }) {
  const isThere = usePlan(run.plan)
  const options = Object.entries((run.options ?? {}) as Record<string, unknown>)
  return (
    <Facts
      tight
      names="9rem"
      facts={[
        ['Run', <code key="id">{run.id}</code>],
        run.plan !== null && [
          'Plan',
          isThere ? (
            <a href={href({ page: 'plans', mode: 'show', name: run.plan })}>{run.plan}</a>
          ) : (
            `${run.plan}, which is gone`
          ),
        ],
        [
          'Runs in',
          run.here ? 'this Drydock' : isLive(run) ? 'another process of this machine' : 'no process any more',
        ],
        ...options
          .filter(
            ([, value]) =>
              value !== null && value !== undefined && !(Array.isArray(value) && value.length === 0),
          )
          .map(([name, value]): readonly [string, ReactNode] => [
            optionName(name),
            <span key={name} className="breakable">
              {typeof value === 'string' || typeof value === 'number' || typeof value === 'boolean'
                ? visibleControls(String(value))
                : visibleControls(JSON.stringify(value))}
            </span>,
          ]),
      ]}
    />
  )
}

/** `fullPaths` → `Full paths` */
const optionName = (name: string) => {
  const words = name.replace(/([A-Z])/g, letter => ` ${letter.toLowerCase()}`)
  return `${words.charAt(0).toUpperCase()}${words.slice(1)}`
}
