import { useMemo, useState } from 'react'
import { useStore } from 'zustand'
import type { OutputOf } from '../../../shared/contract/index.ts'
import type { PlanInfo } from '../../../shared/contract/plan.ts'
import type { ServerInfo } from '../../../shared/contract/server.ts'
import { useNow, useStores } from '../../app/app-context.tsx'
import { counted, formatIn, formatPercent, formatUtc, formatWhen } from '../../app/format.ts'
import { go } from '../../app/navigation.ts'
import { href, type RouteOf } from '../../app/router.ts'
import {
  type Column,
  DataTable,
  Empty,
  LinkButton,
  Notice,
  PageBody,
  PageHeader,
  PathText,
  Split,
  Status,
  StatusMark,
} from '../../ui/index.ts'
import { AddPlan, needsServer } from './add-plan.tsx'
import { bySystem, planWord, runsOf, whatOf } from './model.ts'
import { PlanInspector } from './plan-inspector.tsx'
import css from './plans.module.css'
import { PlanTrouble } from './plan-trouble.tsx'
import { type StartFailed, StartStop } from './start-stop.tsx'

type PlanListProps = {
  route: RouteOf<'plans'>
  value: OutputOf<'plan.list'>
  servers: readonly ServerInfo[]
}

const columnsOf = (onFailure: (failed: StartFailed | null) => void): readonly Column<PlanInfo>[] => [
  {
    id: 'plan',
    head: 'Plan',
    width: '26%',
    cell: ({ settings }) => (
      <>
        <span className="cell-main" title={settings.name}>
          {settings.name}
        </span>
        <span className="cell-sub">
          <PathText path={whatOf(settings)} code={false} />
        </span>
      </>
    ),
  },
  {
    id: 'runs',
    head: 'Runs',
    cell: ({ settings, words }) => (
      <>
        {runsOf(settings, words)}
        <span className="cell-sub">{settings.zone}</span>
      </>
    ),
  },
  { id: 'next', head: 'Next run', width: '15%', cell: plan => <Next plan={plan} /> },
  { id: 'state', head: 'State', width: '9.5rem', cell: plan => <State plan={plan} /> },
  {
    id: 'deed',
    head: 'Start or stop',
    headHidden: true,
    width: '6.25rem',
    align: 'end',
    cell: plan => <StartStop plan={plan} onFailure={onFailure} />,
  },
]
const keyOf = ({ settings }: PlanInfo) => settings.name
const groupOf = ({ settings: { system, source } }: PlanInfo) => ({
  key: system,
  title: system,
  ...(source.kind === 'director' && { note: 'its files are stamped in UTC' }),
})

export function PlanList({ route, value, servers }: PlanListProps) {
  // Of whoever looks: the list shows their times. Each plan says its own zone.
  const here = Intl.DateTimeFormat().resolvedOptions().timeZone
  const rows = useMemo(() => bySystem(value.plans), [value])
  const wanted = route.mode === 'show' ? route.name : (rows[0]?.settings.name ?? '')
  const chosen = rows.find(({ settings }) => settings.name === wanted)
  const selected = useMemo(() => new Set(wanted === '' ? [] : [wanted]), [wanted])
  const { holder } = value
  const [failed, setFailed] = useState<StartFailed | null>(null)
  const columns = useMemo(() => columnsOf(setFailed), [])
  const scheduled = rows.some(({ state }) => state === 'scheduled')
  return (
    <>
      <PageHeader
        title="Plans"
        lead={`What is backed up, when and where to. Times are local (${here}) unless marked otherwise.`}
        actions={<AddPlan off={servers.length === 0 ? needsServer : null} />}
      />
      <PageBody flush>
        <Split columns="minmax(0, 1fr) var(--inspector-width)">
          <div className={css.list}>
            {value.unreadable.length > 0 && (
              <div className={css.notices}>
                <Notice tone="warn">
                  <b>{counted(value.unreadable.length, 'plan')} cannot be read, and will not run.</b>{' '}
                  {value.unreadable.map(({ name }) => name || 'one without a name').join(', ')}: left as they
                  stand in plans.json.
                </Notice>
              </div>
            )}
            {scheduled && holder.who !== 'here' && (
              <div className={css.notices}>
                {holder.who === 'nobody' ? (
                  <Notice tone="warn">
                    <b>Nobody holds the schedule, so no plan begins by itself.</b> This console takes it up as
                    soon as it can.
                  </Notice>
                ) : (
                  <Notice tone="idle">
                    <b>Plans are run by another Drydock.</b> {holder.about}. This console takes over when it
                    ends.
                  </Notice>
                )}
              </div>
            )}
            {failed && (
              <div className={css.notices}>
                <PlanTrouble
                  {...failed}
                  title={`The vault is locked, so ${failed.settings.name} is not started.`}
                />
              </div>
            )}
            <DataTable
              label="Plans"
              density="tall"
              columns={columns}
              rows={rows}
              rowKey={keyOf}
              group={groupOf}
              selection={{
                mode: 'one',
                selected,
                onChange: keys => {
                  const [name] = keys
                  if (name !== undefined) go({ page: 'plans', mode: 'show', name }, { replace: true })
                },
              }}
              onOpen={() => document.querySelector<HTMLElement>('[data-inspector-title]')?.focus()}
            />
          </div>
          {chosen ? (
            <PlanInspector key={chosen.settings.name} plan={chosen} servers={servers} />
          ) : wanted === '' ? (
            <div />
          ) : (
            <div className={css.list}>
              <Empty
                page
                title={`There is no plan called ${wanted}.`}
                action={<LinkButton href={href({ page: 'plans', mode: 'list' })}>See all plans</LinkButton>}
              >
                It was removed, or has another name now.
              </Empty>
            </div>
          )}
        </Split>
      </PageBody>
    </>
  )
}

function Next({ plan }: { plan: PlanInfo }) {
  const now = useNow()
  const [first] = plan.next
  if (!first)
    return (
      <>
        <span className="cell-main">None</span>
        <span className="cell-sub">{plan.state === 'created' ? 'not started yet' : 'stopped'}</span>
      </>
    )
  return (
    <>
      <span className="cell-main">{formatWhen(first.at, now)}</span>
      <span className="cell-sub">
        {plan.settings.zone === 'UTC' || plan.settings.source.kind === 'director'
          ? formatUtc(first.at)
          : formatIn(first.at, now)}
      </span>
    </>
  )
}

function State({ plan }: { plan: PlanInfo }) {
  const { runs } = useStores()
  const run = useStore(runs, ({ byId }) => (plan.running === null ? undefined : byId.get(plan.running)))
  const word = planWord(plan)
  const done = run?.progress.total ? formatPercent(run.progress.bytes / run.progress.total) : undefined
  const reason =
    word === 'Running' ? (
      (done ?? run?.progress.phase)
    ) : plan.missed > 0 ? (
      <Missed count={plan.missed} />
    ) : word === 'Scheduled' && plan.last?.state === 'failed' ? (
      'last run failed'
    ) : undefined
  return <Status is={word} reason={reason} />
}

function Missed({ count }: { count: number }) {
  return (
    <span className={css.missed}>
      <StatusMark shape="warn" size="small" />
      {count} missed
    </span>
  )
}
