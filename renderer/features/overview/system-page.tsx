import { useState } from 'react'
import { useStore } from 'zustand'
import type { PlanInfo } from '../../../shared/contract/plan.ts'
import { useAsk, useCall, useDeed, useNow, useStores } from '../../app/app-context.tsx'
import { formatBytes, formatDuration, formatMoment, formatWhen } from '../../app/format.ts'
import { go } from '../../app/navigation.ts'
import { useArrival } from '../../app/parts/use-arrival.ts'
import { href } from '../../app/router.ts'
import {
  AlertDialog,
  Button,
  Columns,
  Empty,
  Facts,
  LinkButton,
  PageBody,
  PageHeader,
  Rows,
  Section,
  Status,
  Trouble,
  Verdict,
} from '../../ui/index.ts'
import { whenOf } from '../plans/index.ts'
import { resultWord } from '../proofs/index.ts'
import { DirectorPart } from './director-part.tsx'
import { toneOf, wordOf } from './model.ts'
import css from './overview.module.css'
import { Age, Copy, Proof } from './systems-table.tsx'

const path = [{ text: 'Overview', href: href({ page: 'overview', mode: 'list' }) }]
const siteNames = { 'on-site': 'On site', 'off-site': 'Off site', 'air-gap': 'Air gap' }

/** All of one system: its verdict, its copies, its plans, its restores. */
export function SystemPage({ name }: { name: string }) {
  useArrival()
  const { overview, systems } = useStores()
  const value = useStore(overview, state => state.value)
  const record = useStore(systems, state => state.value?.find(system => system.name === name))
  const row = value?.systems.find(system => system.name === name)
  const known = value !== null
  return (
    <>
      <PageHeader
        title={name}
        path={path}
        lead={row?.about ?? ''}
        actions={
          record && (
            <>
              <RemoveSystem name={name} />
              <LinkButton icon="pencil" href={href({ page: 'overview', mode: 'edit', name })}>
                Change system
              </LinkButton>
              <LinkButton
                kind="primary"
                icon="archive-restore"
                pagePrimary
                href={href({ page: 'restore', step: 'system', query: { system: name } })}
              >
                Start a restore
              </LinkButton>
            </>
          )
        }
      />
      <PageBody>
        {!row && known && <Empty title={`There is no system called ${name}.`} page />}
        {!known && <p className="muted">Asking the engine what it knows.</p>}
        {row && (
          <>
            <div className={css.verdict}>
              <Verdict
                tone={toneOf[row.readiness]}
                question={`Can ${name} be recovered right now?`}
                answer={`${wordOf[row.readiness]}.`}
                reason={sentence(row.reason)}
              />
            </div>
            <Columns columns="minmax(0, 1fr) minmax(0, 1fr)">
              <div>
                <Section title="Measured">
                  <div className={css.measured}>
                    <Facts
                      names="11rem"
                      facts={[
                        ['Age of last good backup', <Age key="age" row={row} />],
                        ['Last proven restore took', <Proof key="proof" row={row} />],
                        ...row.copies.map(
                          copy => [siteNames[copy.site], <Copy key={copy.site} copy={copy} />] as const,
                        ),
                      ]}
                    />
                  </div>
                </Section>
              </div>
              <div>
                {row.kind === 'director' && <DirectorPart row={row} />}
                <SystemPlans name={name} />
              </div>
            </Columns>
            <SystemProofs name={name} />
          </>
        )}
      </PageBody>
    </>
  )
}

function SystemPlans({ name }: { name: string }) {
  const now = useNow()
  const { plans } = useStores()
  const all = useStore(plans, ({ value }) => value?.plans)
  const own = all?.filter(({ settings }) => settings.system === name) ?? []
  return (
    <Section title="Plans">
      {own.length === 0 && (
        <Empty
          title="No plan backs it up."
          action={
            <LinkButton icon="plus" href={href({ page: 'plans', mode: 'new', query: { system: name } })}>
              Add plan
            </LinkButton>
          }
        >
          Nothing new of it will be there when it is needed.
        </Empty>
      )}
      <Rows
        label="Plans"
        rows={own.map(plan => ({
          key: plan.settings.name,
          title: (
            <a href={href({ page: 'plans', mode: 'show', name: plan.settings.name })}>{plan.settings.name}</a>
          ),
          detail: `${whenOf(plan.settings.schedule, plan.words)}, ${plan.settings.zone}. To ${plan.settings.servers.join(', ')}.`,
          side: (
            <span className="note">
              {plan.next[0] ? `next ${formatWhen(plan.next[0].at, now)}` : restWord(plan)}
            </span>
          ),
        }))}
      />
    </Section>
  )
}

const sentence = (text: string) => (text === '' ? '' : `${text.charAt(0).toUpperCase()}${text.slice(1)}.`)
const restWord = ({ running, state }: PlanInfo) =>
  running !== null ? 'running' : state === 'created' ? 'not started' : state

function SystemProofs({ name }: { name: string }) {
  const asked = useAsk('proof.list', undefined)
  const own = asked.value?.proofs.filter(({ system }) => system === name).slice(0, 10)
  return (
    <Section title="Restores of it">
      {asked.failure && <Trouble failure={asked.failure} />}
      {own?.length === 0 && (
        <Empty title="It was never restored.">
          Whether a restore works, and how long it takes, is not known.
        </Empty>
      )}
      <Rows
        label="Restores"
        rows={(own ?? []).map(proof => ({
          key: proof.runId,
          title: (
            <a href={href({ page: 'proofs', mode: 'show', name: proof.runId })}>
              {formatMoment(proof.started)}
            </a>
          ),
          detail: `${formatBytes(proof.bytes)} to ${proof.target.folder} on ${proof.target.host}`,
          side: (
            <>
              <Status is={resultWord[proof.result]} />
              {proof.recoveryTime && <span className="note"> {formatDuration(proof.recoveryTime.ms)}</span>}
            </>
          ),
        }))}
      />
    </Section>
  )
}

function RemoveSystem({ name }: { name: string }) {
  const call = useCall()
  const { plans, systems, overview } = useStores()
  const all = useStore(plans, ({ value }) => value?.plans)
  const used =
    all?.filter(({ settings }) => settings.system === name).map(({ settings }) => settings.name) ?? []
  const [asks, setAsks] = useState(false)
  const remove = useDeed(options => call('system.remove', { name }, options))
  const close = () => {
    setAsks(false)
    remove.clear()
  }
  const submit = async () => {
    const answer = await remove.run()
    if (!answer?.ok) return
    void systems.refresh()
    void overview.refresh()
    go({ page: 'overview', mode: 'list' })
  }
  return (
    <>
      <Button
        kind="danger-quiet"
        off={used.length > 0 ? `plans belong to it: ${used.join(', ')}` : null}
        onClick={() => setAsks(true)}
      >
        Remove system
      </Button>
      <AlertDialog
        open={asks}
        escape="harmless"
        title={`Remove ${name}?`}
        keep="Keep it"
        onKeep={close}
        deed={{ text: 'Remove system', onPick: () => void submit(), busy: remove.busy }}
      >
        <Facts
          facts={[
            ['What goes', 'Its name and its targets, on this machine.'],
            ['What stays', 'Every restore point on every server, and the reports of its restores.'],
            ['The way back', 'Add a system of this name again.'],
          ]}
        />
        {remove.failure && <Trouble failure={remove.failure} />}
      </AlertDialog>
    </>
  )
}
