import { useStore } from 'zustand'
import { useCall, useDeed, useNow, useStores } from '../../app/app-context.tsx'
import { formatClock, formatDate, formatDuration } from '../../app/format.ts'
import { useArrival } from '../../app/parts/use-arrival.ts'
import { href, type RouteOf } from '../../app/router.ts'
import {
  Button,
  Columns,
  LinkButton,
  Notice,
  PageBody,
  PageHeader,
  Trouble,
  Verdict,
} from '../../ui/index.ts'
import { SwitchNotices } from '../switch/index.ts'
import { AlarmList } from './alarm-list.tsx'
import { FirstStart } from './first-start.tsx'
import { firstSteps, leadOf, type OverviewValue, verdictOf } from './model.ts'
import { NextList } from './next-list.tsx'
import { DeclareOutage, OutageNotice } from './outage.tsx'
import css from './overview.module.css'
import { SystemForm } from './system-form.tsx'
import { SystemPage } from './system-page.tsx'
import { SystemsTable } from './systems-table.tsx'

export function OverviewScreen({ route }: { route: RouteOf<'overview'> }) {
  switch (route.mode) {
    case 'list':
      return <Overview />
    case 'show':
      return <SystemPage name={route.name} />
    case 'new':
      return <SystemForm key="new" name={null} />
    case 'edit':
      return <SystemForm key={route.name} name={route.name} />
  }
}

/** Can we recover right now? The answer, its evidence, what should have happened, what comes next. */
function Overview() {
  useArrival()
  const { overview, plans } = useStores()
  const value = useStore(overview, state => state.value)
  const failure = useStore(overview, state => state.failure)
  const planList = useStore(plans, state => state.value?.plans)
  const steps =
    value && planList ? firstSteps({ servers: value.servers, systems: value.systems, plans: planList }) : []
  const first = steps.length > 0
  return (
    <>
      <PageHeader
        title="Overview"
        lead={<Lead value={value} />}
        actions={
          <>
            <DeclareOutage />
            {value?.systems.some(({ kind }) => kind === 'director') && (
              <LinkButton href={href({ page: 'sites', mode: 'list' })}>Directors</LinkButton>
            )}
            {!first && value && (
              <LinkButton href={href({ page: 'overview', mode: 'new' })}>Add system</LinkButton>
            )}
            <StartRestore value={value} primary={!first || (value !== null && value.points > 0)} />
          </>
        }
      />
      <PageBody>
        <div className={css.notices}>
          <OutageNotice />
          <SwitchNotices />
        </div>
        {failure && <Trouble failure={failure} title="The state of the systems is not known" />}
        {value && first && (
          <>
            <FirstStart steps={steps} value={value} side={<AsOf value={value} />} />
            <SilentServers value={value} />
            {value.systems.length > 0 && <SystemsTable systems={value.systems} />}
          </>
        )}
        {value && !first && <Known value={value} />}
        {!value && !failure && <p className="muted">Asking the engine what it knows.</p>}
        {!first && (
          <div className={css.below}>
            <Columns columns="minmax(0, 1.25fr) minmax(0, 1fr)">
              <div>
                <AlarmList />
              </div>
              <div>
                <NextList />
              </div>
            </Columns>
          </div>
        )}
        {first && <FirstAlarms />}
      </PageBody>
    </>
  )
}

/** Before there is a plan there is hardly an alarm; one that is there all the same is shown. */
function FirstAlarms() {
  const some = useStore(useStores().alarms, ({ value }) => value !== null && value.length > 0)
  return some && <AlarmList />
}

function Lead({ value }: { value: OverviewValue | null }) {
  const now = useNow()
  return (
    <>
      {formatDate(now)}. {value ? leadOf(value) : ''}
    </>
  )
}

function StartRestore({ value, primary }: { value: OverviewValue | null; primary: boolean }) {
  if (value && value.points === 0)
    return (
      <Button
        icon="archive-restore"
        kind={primary ? 'primary' : 'plain'}
        off={
          value.servers === 0
            ? 'there is no server yet'
            : value.asking.length > 0
              ? 'the servers are being asked what they hold'
              : 'no restore point is known yet'
        }
        offAt="beside"
      >
        Start a restore
      </Button>
    )
  return (
    <LinkButton
      href={href({ page: 'restore', step: 'system' })}
      icon="archive-restore"
      kind={primary ? 'primary' : 'plain'}
      pagePrimary={primary}
    >
      Start a restore
    </LinkButton>
  )
}

function Known({ value }: { value: OverviewValue }) {
  const { tone, answer, reasons, caveat } = verdictOf(value.systems)
  return (
    <>
      <div className={css.verdict}>
        <Verdict
          tone={tone}
          question="Can we recover right now?"
          answer={
            <>
              {value.systems.length === 0 ? 'Not known: no system is declared.' : answer}
              {caveat !== null && tone === 'ok' && <span className={css.caveat}> {caveat}</span>}
            </>
          }
          {...(reasons.length > 0 && {
            reason: (
              <>
                {reasons.map(({ strong, rest }, index) => (
                  <span key={strong}>
                    {index === 0 ? <b>{strong}</b> : strong}
                    {rest === '' ? '. ' : `: ${rest}. `}
                  </span>
                ))}
                {caveat !== null && tone !== 'ok' && <span className={css.caveat}>{caveat}</span>}
              </>
            ),
          })}
          side={<AsOf value={value} />}
        />
      </div>
      <SilentServers value={value} />
      <SystemsTable systems={value.systems} />
    </>
  )
}

/** How old the answer is, who is still being asked, and how to ask again. */
function AsOf({ value: { asOf, asking } }: { value: OverviewValue }) {
  const now = useNow()
  const { overview } = useStores()
  const since = useStore(overview, state => state.asking)
  const call = useCall()
  const ask = useDeed(options => call('overview.refresh', undefined, options))
  const busy = asking.length > 0
  return (
    <div className="note">
      {asOf === null ? 'Not all servers heard yet' : `As of ${formatClock(asOf, true)}`}
      <br />
      {busy
        ? `asking ${asking.length > 2 ? `${asking.length} servers` : asking.join(' and ')}${since ? `, ${formatDuration(now - since)}` : ''}`
        : 'asked every 5 min'}
      <div className={css.ask}>
        <Button size="small" icon="refresh-cw" busy={ask.busy || busy} onClick={() => void ask.run()}>
          Ask again
        </Button>
      </div>
    </div>
  )
}

function SilentServers({ value: { failed } }: { value: OverviewValue }) {
  const [first] = failed
  if (!first) return null
  return (
    <div className={css.notices}>
      <Notice
        tone="warn"
        actions={
          <LinkButton size="small" href={href({ page: 'servers', mode: 'show', name: first.server })}>
            Show {first.server}
          </LinkButton>
        }
      >
        <b>
          {failed.map(({ server }) => server).join(', ')} {failed.length === 1 ? 'does' : 'do'} not answer.
        </b>{' '}
        What is known of {failed.length === 1 ? 'it' : 'them'} is from the last time.
      </Notice>
    </div>
  )
}
