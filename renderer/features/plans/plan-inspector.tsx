import { useState } from 'react'
import { useStore } from 'zustand'
import type { PlanInfo } from '../../../shared/contract/plan.ts'
import type { ServerInfo } from '../../../shared/contract/server.ts'
import { useCall, useDeed, useNow, useStores } from '../../app/app-context.tsx'
import { formatAgo, formatMoment } from '../../app/format.ts'
import { go } from '../../app/navigation.ts'
import { href } from '../../app/router.ts'
import { runStatus } from '../../app/run-words.ts'
import {
  AlertDialog,
  Button,
  Facts,
  Inspector,
  InspectorPart,
  LinkButton,
  Menu,
  NextRuns,
  Notice,
  PathText,
  Rows,
  Status,
  Trouble,
} from '../../ui/index.ts'
import {
  busyReason,
  keepWords,
  limitWords,
  missedWords,
  mostKept,
  otherClock,
  packedWords,
  planWord,
  withYear,
} from './model.ts'
import { PlanTrouble } from './plan-trouble.tsx'
import css from './plans.module.css'
import { serverLine } from './server-line.ts'

/** All of one plan: what is late, when it runs next, what it does, where to. */
export function PlanInspector({ plan, servers }: { plan: PlanInfo; servers: readonly ServerInfo[] }) {
  const { settings } = plan
  const { name } = settings
  const stores = useStores()
  const { plans } = stores
  const call = useCall()
  const [removing, setRemoving] = useState(false)
  const runNow = useDeed(options => call('plan.run', { name }, options))
  const busy = busyReason(plan)
  const press = async () => {
    const answer = await runNow.run()
    if (answer?.ok) go({ page: 'runs', mode: 'show', name: answer.value.runId })
    else await plans.refresh()
  }
  const zone = useStore(stores.about, ({ value }) => value?.zone ?? '')
  return (
    <Inspector
      title={name}
      lead={<Status is={planWord(plan)} />}
      actions={
        <>
          <Button size="small" busy={runNow.busy} off={busy} onClick={() => void press()}>
            Run now
          </Button>
          <Button size="small" off={busy} onClick={() => go({ page: 'plans', mode: 'edit', name })}>
            Edit
          </Button>
          <LinkButton size="small" href={href({ page: 'runs', mode: 'list', query: { plan: name } })}>
            Logs
          </LinkButton>
          <Menu
            label={`More for ${name}`}
            items={[
              {
                id: 'points',
                text: 'See its restore points',
                icon: 'layers',
                onPick: () => go({ page: 'backups', mode: 'list', query: { of: `name:${name}` } }),
              },
              { id: 'rule', rule: true },
              {
                id: 'remove',
                text: 'Delete plan',
                icon: 'trash-2',
                danger: true,
                off: busy,
                onPick: () => setRemoving(true),
              },
            ]}
          >
            <Button size="small" icon="ellipsis" iconOnly>
              More
            </Button>
          </Menu>
        </>
      }
    >
      <div className={css.says}>
        {' '}
        {runNow.failure && (
          <PlanTrouble
            settings={settings}
            failure={runNow.failure}
            title="The vault is locked, so the run cannot begin."
          />
        )}
        <Late plan={plan} />
        {plan.running !== null && (
          <Notice
            tone="run"
            actions={<a href={href({ page: 'runs', mode: 'show', name: plan.running })}>Watch the run</a>}
          >
            A run of it goes on. Edit and Delete turn on when it has ended; Stop ends the schedule, not this
            run.
          </Notice>
        )}
      </div>{' '}
      <InspectorPart title="Next three runs">
        <NextRuns
          runs={plan.next.map(({ at, local, note }) => ({
            local: withYear(local, at, Date.now()),
            utc: otherClock(at, settings.zone, zone),
            ...(note !== undefined && { note }),
          }))}
          none={
            plan.state === 'created'
              ? 'None: the plan is not started yet. Start turns the schedule on.'
              : 'None: the plan is stopped. Start turns the schedule on again.'
          }
        />
      </InspectorPart>
      <InspectorPart title="What it does">
        <Facts tight names="5.5rem" facts={factsOf(plan)} />
      </InspectorPart>
      <InspectorPart title="Where to">
        <Rows label="Servers" rows={settings.servers.map(server => serverLine(server, servers))} />
      </InspectorPart>
      {removing && <RemovePlan plan={plan} onClose={() => setRemoving(false)} />}
    </Inspector>
  )
}

function factsOf(plan: PlanInfo): readonly (readonly [string, React.ReactNode] | null)[] {
  const { source, keep, before, after, missed, limit, verifyAfter } = plan.settings
  return [
    source.kind === 'director'
      ? [
          'Copies',
          <>
            {source.part === 'analytics'
              ? 'the analytics data of the day before, of '
              : 'the five components and their latest copies, of '}
            <a href={href({ page: 'sites', mode: 'show', name: source.deployment })}>{source.deployment}</a>
          </>,
        ]
      : source.kind === 'command'
        ? [
            'Keeps',
            <>
              <code className="breakable">{source.command}</code> as {source.as}
            </>,
          ]
        : [
            'Copies',
            <>
              {source.paths.slice(0, 5).map(path => (
                <PathText key={path} path={path} />
              ))}
              {source.paths.length > 5 && <span className="note">and {source.paths.length - 5} more</span>}
            </>,
          ],
    source.kind === 'files' && source.excludes.length > 0
      ? ['Without', <span className="breakable">{source.excludes.join(', ')}</span>]
      : null,
    before && ['Before', <code className="breakable">{before.command}</code>],
    after && ['After', <code className="breakable">{after.command}</code>],
    [
      'Checks',
      verifyAfter ? 'reads every byte back after each run' : 'hashes while writing; nothing is read back',
    ],
    ['If missed', missedWords[missed]],
    ['Packed', packedWords(plan.settings)],
    ['Speed', limitWords(limit)],
    [
      'Kept',
      mostKept(keep) === null
        ? 'every restore point'
        : `${keepWords(keep)}, never fewer than the last good one`,
    ],
    ['Last run', <LastRun key="last" plan={plan} />],
  ]
}

function LastRun({ plan: { last } }: { plan: PlanInfo }) {
  const { runs } = useStores()
  const run = useStore(runs, ({ byId }) => (last ? byId.get(last.runId) : undefined))
  const now = useNow()
  if (!last) return <>none yet</>
  return (
    <>
      <a href={href({ page: 'runs', mode: 'show', name: last.runId })}>{formatAgo(last.started, now)}</a>{' '}
      {run && <Status is={runStatus(run)} quiet />}
    </>
  )
}

/** What should have run and did not: since when and why. */
function Late({ plan: { overdue, missed, settings } }: { plan: PlanInfo }) {
  const now = useNow()
  if (overdue)
    return (
      <Notice tone="warn">
        <b>Should have run {formatMoment(overdue.since, now, settings.zone).replace(/:\d\d$/, '')}.</b>{' '}
        {sentence(overdue.reason === '' ? 'Nobody has tried yet' : overdue.reason)}
        {missed > 1 && ` ${missed} due times have passed without a run.`}
      </Notice>
    )
  if (missed === 0) return null
  return (
    <Notice tone="warn">
      {missed === 1 ? '1 due time' : `${missed} due times`} passed without a run since the last one.
    </Notice>
  )
}

function RemovePlan({ plan, onClose }: { plan: PlanInfo; onClose: () => void }) {
  const { name, encryptTo } = plan.settings
  const { plans } = useStores()
  const call = useCall()
  const remove = useDeed(options => call('plan.remove', { name }, options))
  const confirm = async () => {
    const answer = await remove.run()
    if (!answer?.ok) return
    await plans.refresh()
    onClose()
    go({ page: 'plans', mode: 'list' }, { replace: true })
  }
  return (
    <AlertDialog
      open
      escape="harmless"
      title={`Delete the plan ${name}?`}
      keep="Keep it"
      onKeep={onClose}
      deed={{ text: 'Delete the plan', onPick: () => void confirm(), busy: remove.busy }}
    >
      <p>
        No run of it begins any more, and nothing removes its old restore points any more. The restore points
        stay where they are.
      </p>
      {encryptTo === 'passphrase' && (
        <p>
          <b>Its passphrase is taken out of the vault.</b> Without it, nobody can open the restore points:
          have it written down elsewhere first.
        </p>
      )}
      <div className={css.last}>{remove.failure && <Trouble failure={remove.failure} />}</div>
    </AlertDialog>
  )
}

const sentence = (text: string) =>
  `${text.charAt(0).toUpperCase()}${text.slice(1)}${/[.!?]$/.test(text) ? '' : '.'}`
