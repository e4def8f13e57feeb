import type { ReactNode } from 'react'
import { useStore } from 'zustand'
import type { RunSnapshot } from '../../../shared/contract/run.ts'
import { Icon, Meter, StatusMark, tierName } from '../../ui/index.ts'
import { useLastKnown, useNow, useStores } from '../app-context.tsx'
import {
  formatClock,
  formatDuration,
  formatMinutes,
  formatPercent,
  formatUtc,
  formatZone,
} from '../format.ts'
import { href } from '../router.ts'
import { partDone, patienceWith, stalledFor } from '../../../shared/run-rates.ts'
import { asksYou, isLive, runTitle } from '../run-words.ts'
import css from './status-bar.module.css'

/** Never hidden: running work, alarms, the recovery clock, the vault, the network, the time. Each leads to its page. */
export function StatusBar() {
  return (
    <footer className={css.bar} aria-label="Status" data-region="status">
      <RunItem />
      <AlarmItem />
      <OutageItem />
      <EngineItem />
      <VaultItem />
      <NetworkItem />
      <ClockItem />
    </footer>
  )
}

function RunItem() {
  const { runs, connection } = useStores()
  const connected = useStore(connection, ({ state }) => state.is === 'open')
  const list = useStore(runs, state => state.list)
  const loaded = useStore(runs, state => state.loaded)
  const live = list.filter(isLive)
  const [only] = live
  if (only === undefined)
    return (
      <a className={css.item} href={href({ page: 'runs', mode: 'list' })}>
        <StatusMark shape="none" size="small" />
        {!connected ? 'What runs is not known' : loaded ? 'Nothing running' : 'Asking what runs'}
      </a>
    )
  return live.length === 1 ? <OneRun run={only} /> : <SomeRuns runs={live} />
}

function OneRun({ run }: { run: RunSnapshot }) {
  const now = useNow()
  const lastKnown = useLastKnown()
  const history = useStore(useStores().runs, ({ histories }) => histories.get(run.id))
  const stalled =
    run.progress.stalled !== undefined ||
    stalledFor(history, now, run.state === 'running', patienceWith(run)) !== null
  const part = partDone(run.progress, false)
  const tone = stalled ? 'warn' : 'run'
  const word =
    { paused: ' paused', cancelling: ', cancelling' }[run.state as string] ??
    (asksYou(run) ? ' asks you' : stalled ? ', stalled' : '')
  if (lastKnown !== null)
    return (
      <a className={css.item} href={href({ page: 'runs', mode: 'show', name: run.id })}>
        <StatusMark shape="none" size="small" />
        <span className={css.words}>{runTitle(run)}</span>
        <span className="muted">
          {part !== null && `${formatPercent(part)}, `}last known {formatClock(lastKnown, true)}
        </span>
      </a>
    )
  return (
    <a className={css.item} href={href({ page: 'runs', mode: 'show', name: run.id })}>
      <StatusMark
        shape={stalled ? 'warn' : run.state === 'paused' ? 'paused' : 'run'}
        size="small"
        turning={run.state !== 'paused' && !stalled}
      />
      <span className={css.words}>
        {runTitle(run)}
        {word}
      </span>
      {part !== null && (
        <>
          <Meter value={part} tone={tone} className={css.meter} />
          {formatPercent(part)}
        </>
      )}
    </a>
  )
}

function SomeRuns({ runs }: { runs: readonly RunSnapshot[] }) {
  const lastKnown = useLastKnown()
  const known = runs.every(({ progress }) => progress.total !== null)
  const sum = (of: 'bytes' | 'total') => runs.reduce((all, { progress }) => all + (progress[of] ?? 0), 0)
  const part = known ? partDone({ bytes: sum('bytes'), total: sum('total') }, false) : null
  const asking = lastKnown === null ? runs.filter(asksYou).length : 0
  return (
    <a className={css.item} href={href({ page: 'runs', mode: 'list' })}>
      <StatusMark
        shape={lastKnown !== null ? 'none' : asking > 0 ? 'warn' : 'run'}
        size="small"
        turning={lastKnown === null && asking === 0}
      />
      {runs.length} running{asking > 0 && `, ${asking} ${asking === 1 ? 'asks' : 'ask'} you`}
      {lastKnown !== null && `, last known ${formatClock(lastKnown, true)}`}
      {part !== null && lastKnown === null && (
        <>
          <Meter value={part} tone="run" className={css.meter} />
          {formatPercent(part)}
        </>
      )}
    </a>
  )
}

function AlarmItem() {
  const alarms = useStore(useStores().alarms, ({ value }) => value)
  if (alarms === null || alarms.length === 0) return null
  const stop = alarms.some(({ tone }) => tone === 'stop')
  return (
    <a className={css.item} href={href({ page: 'overview', mode: 'list' })}>
      <StatusMark shape={stop ? 'bad' : 'warn'} size="small" />
      {alarms.length} {alarms.length === 1 ? 'alarm' : 'alarms'}
    </a>
  )
}

function OutageItem() {
  const outage = useStore(useStores().outage, ({ value }) => value)
  return outage ? <RecoveryClock declared={outage.declared} target={outage.recoveryTarget} /> : null
}

function RecoveryClock({ declared, target }: { declared: string; target: number | null }) {
  const now = useNow()
  const gone = Math.max(0, now - Date.parse(declared))
  const past = target !== null && gone > target * 60_000
  return (
    <a className={css.item} href={href({ page: 'overview', mode: 'list' })} data-outage="">
      {past ? <StatusMark shape="warn" size="small" /> : <Icon name="timer" decorative size="small" />}
      Outage since {formatClock(declared, true)}
      <span className="muted">
        {formatDuration(gone)}
        {target !== null && ` of ${formatMinutes(target)}`}
        {past && ', past its target'}
      </span>
    </a>
  )
}

function EngineItem() {
  const state = useStore(useStores().connection, connection => connection.state)
  if (state.is === 'open') return <span className={css.push} />
  const words = {
    connecting: 'Connecting to the engine',
    lost: 'Engine does not answer',
    refused: 'Engine does not know this page',
  }[state.is]
  return (
    <span className={`${css.item} ${css.push}`}>
      <StatusMark
        shape={state.is === 'connecting' ? 'run' : 'bad'}
        size="small"
        turning={state.is === 'connecting'}
      />
      {words}
    </span>
  )
}

function VaultItem() {
  const vault = useStore(useStores().vault, ({ value }) => value)
  const lastKnown = useLastKnown()
  if (lastKnown !== null) return <Quiet icon="lock">Vault not known</Quiet>
  if (vault === null) return <Quiet icon="lock">Vault not known yet</Quiet>
  const waits =
    vault.waiting > 0 ? `${vault.waiting} ${vault.waiting === 1 ? 'run waits' : 'runs wait'}` : null
  return (
    <a className={css.item} href={href({ page: 'settings' })} title={vault.warning ?? vault.about}>
      {vault.state === 'open' ? (
        <Icon name="lock-open" decorative size="small" className={css.icon} />
      ) : (
        <StatusMark
          shape={vault.waiting > 0 ? 'warn' : vault.state === 'locked' ? 'locked' : 'bad'}
          size="small"
        />
      )}
      Vault {vault.state === 'unavailable' ? 'cannot be used' : vault.state}
      <span className="muted">{vault.state === 'locked' && waits ? waits : tierName(vault.tier)}</span>
    </a>
  )
}

function NetworkItem() {
  const about = useStore(useStores().about, ({ value }) => value)
  const lastKnown = useLastKnown()
  // It is a promise of a process that may be gone.
  if (about === null || lastKnown !== null) return null
  return about.network ? <Quiet icon="network">Network on</Quiet> : <Quiet icon="unplug">No network</Quiet>
}

function ClockItem() {
  const now = useNow()
  const zone = formatZone(now)
  return (
    <span className={css.item}>
      <span>
        {formatClock(now, true)} {zone}
      </span>
      {zone !== 'UTC' && <span className="muted">{formatUtc(now, true)}</span>}
    </span>
  )
}

function Quiet({ icon, children }: { icon: 'lock' | 'network' | 'unplug'; children: ReactNode }) {
  return (
    <span className={css.item}>
      <Icon name={icon} decorative size="small" className={css.icon} />
      {children}
    </span>
  )
}
