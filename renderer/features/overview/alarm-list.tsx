import { useStore } from 'zustand'
import type { Alarm } from '../../../shared/contract/plan.ts'
import { useCall, useDeed, useNow, useStores } from '../../app/app-context.tsx'
import { counted, formatWhen } from '../../app/format.ts'
import { go } from '../../app/navigation.ts'
import { href } from '../../app/router.ts'
import { Button, LinkButton, Rows, Section, Trouble } from '../../ui/index.ts'
import css from './overview.module.css'

/** What should have happened and did not, each with the deed that mends it. */
export function AlarmList() {
  const { alarms } = useStores()
  const list = useStore(alarms, ({ value }) => value)
  const failure = useStore(alarms, state => state.failure)
  return (
    <Section
      title="Should have happened"
      {...(list !== null && list.length > 0 && { note: counted(list.length, 'alarm') })}
    >
      {failure && <Trouble failure={failure} title="The alarms cannot be read" />}
      {list !== null && list.length === 0 && (
        <p className={css.quiet}>Nothing is overdue, and nothing waits for you.</p>
      )}
      {list !== null && list.length > 0 && (
        <Rows
          label="Alarms"
          strong
          rows={list.map(alarm => ({
            key: alarm.id,
            tone: alarm.tone === 'stop' ? ('bad' as const) : ('warn' as const),
            title: alarm.title,
            detail: <AlarmDetail alarm={alarm} />,
            side: <Mend alarm={alarm} />,
          }))}
        />
      )}
    </Section>
  )
}

function AlarmDetail({ alarm }: { alarm: Alarm }) {
  const now = useNow()
  return (
    <>
      Since {formatWhen(alarm.since, now)}. {alarm.detail}
    </>
  )
}

function Mend({ alarm }: { alarm: Alarm }) {
  const { about } = alarm
  switch (about.kind) {
    case 'plan':
      return <RunNow plan={about.name} />
    case 'run':
      return (
        <LinkButton size="small" href={href({ page: 'runs', mode: 'show', name: about.runId })}>
          Open the run
        </LinkButton>
      )
    case 'point':
      return (
        <LinkButton
          size="small"
          href={href({ page: 'backups', mode: 'show', server: about.server, point: about.point })}
        >
          Show the point
        </LinkButton>
      )
    case 'server':
      return (
        <LinkButton size="small" href={href({ page: 'servers', mode: 'show', name: about.name })}>
          Show the server
        </LinkButton>
      )
    case 'state':
      return null
    case 'vault':
      return (
        <LinkButton size="small" href={href({ page: 'settings' })}>
          Unlock the vault
        </LinkButton>
      )
  }
}

function RunNow({ plan }: { plan: string }) {
  const call = useCall()
  const run = useDeed((options, name: string) => call('plan.run', { name }, options))
  const start = async () => {
    const answer = await run.run(plan)
    if (answer?.ok) go({ page: 'runs', mode: 'show', name: answer.value.runId })
  }
  return (
    <div className={css.alarm}>
      <Button size="small" busy={run.busy} onClick={() => void start()} aria-label={`Run ${plan} now`}>
        Run now
      </Button>
      {run.failure && <Trouble failure={run.failure} />}
    </div>
  )
}
