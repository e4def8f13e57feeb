import { type ReactNode, useMemo } from 'react'
import { useStore } from 'zustand'
import type { SystemRow } from '../../../shared/contract/overview.ts'
import { useNow, useStores } from '../../app/app-context.tsx'
import {
  formatAge,
  formatAgo,
  formatDuration,
  formatIn,
  formatMinutes,
  formatPercent,
  formatWhen,
} from '../../app/format.ts'
import { go } from '../../app/navigation.ts'
import { href } from '../../app/router.ts'
import { partDone } from '../../../shared/run-rates.ts'
import { type Column, cx, DataTable, Measure, PathText, Status, type Tone } from '../../ui/index.ts'
import { copyWord, wordOf } from './model.ts'
import css from './overview.module.css'

const minute = 60_000
const sites = ['on-site', 'off-site', 'air-gap'] as const
const siteNames = { 'on-site': 'On site', 'off-site': 'Off site', 'air-gap': 'Air gap' }

/** Each protected system: whether it can be recovered, and why that is known. Worst first. */
export function SystemsTable({ systems, loading }: { systems: readonly SystemRow[]; loading?: ReactNode }) {
  const columns = useMemo<Column<SystemRow>[]>(
    () => [
      {
        id: 'system',
        head: 'System',
        width: '15.5%',
        cell: ({ name, about }) => (
          <>
            <a
              className={cx('cell-main', css.name)}
              href={href({ page: 'overview', mode: 'show', name })}
              title={name}
            >
              <bdi>{name}</bdi>
            </a>
            <span className="cell-sub">
              <PathText path={about} code={false} />
            </span>
          </>
        ),
      },
      {
        id: 'ready',
        head: 'Can recover',
        width: '18.5%',
        cell: ({ readiness, reason }) => <Status is={wordOf[readiness]} reason={reason} />,
      },
      { id: 'age', head: 'Age of last good backup', width: '15%', cell: row => <Age row={row} /> },
      { id: 'proof', head: 'Last proven restore took', width: '15.5%', cell: row => <Proof row={row} /> },
      ...sites.map(site => ({
        id: site,
        head: siteNames[site],
        // The laptop's own disk is the one whose site nobody said.
        width: site === 'on-site' ? '9.5%' : '8.25%',
        cell: (row: SystemRow) => <Copy copy={row.copies.find(copy => copy.site === site)} />,
      })),
      { id: 'next', head: 'Next run', width: '9.5%', cell: row => <Next row={row} /> },
    ],
    [],
  )
  return (
    <DataTable
      label="Protected systems"
      columns={columns}
      rows={systems}
      rowKey={nameOf}
      density="tall"
      onOpen={({ name }) => go({ page: 'overview', mode: 'show', name })}
      {...(loading !== undefined && { loading })}
    />
  )
}
const nameOf = ({ name }: SystemRow) => name

export function Age({ row: { lastGood, dataLossTarget } }: { row: SystemRow }) {
  const now = useNow()
  const target = dataLossTarget === null ? null : formatMinutes(dataLossTarget)
  if (!lastGood) return <Measure value="None good" target={target} ratio={null} tone="bad" />
  const age = Math.max(0, now - Date.parse(lastGood.at))
  const ratio = dataLossTarget === null ? null : age / (dataLossTarget * minute)
  return (
    <Measure
      value={formatAge(age)}
      target={target}
      ratio={ratio}
      tone={tone(ratio)}
      note={formatWhen(lastGood.at, now)}
    />
  )
}

export function Proof({ row: { lastProof, recoveryTarget } }: { row: SystemRow }) {
  const now = useNow()
  const target = recoveryTarget === null ? null : formatMinutes(recoveryTarget)
  if (!lastProof) return <Measure value="Never" target={target} ratio={null} tone="idle" />
  const ratio = recoveryTarget === null ? null : lastProof.ms / (recoveryTarget * minute)
  return (
    <Measure
      value={
        <a href={href({ page: 'proofs', mode: 'show', name: lastProof.runId })}>
          {formatDuration(lastProof.ms)}
        </a>
      }
      target={target}
      ratio={ratio}
      tone={tone(ratio)}
      note={formatAgo(lastProof.at, now)}
    />
  )
}

const tone = (ratio: number | null): Tone => (ratio !== null && ratio > 1 ? 'warn' : 'ok')

export function Copy({ copy }: { copy: SystemRow['copies'][number] | undefined }) {
  const now = useNow()
  if (!copy) return <Status is="None" />
  const ms = copy.at === null ? null : now - Date.parse(copy.at)
  const age = ms === null ? null : ms < 60_000 ? 'just now' : formatAge(ms)
  const shows = copy.state === 'verified' || copy.state === 'unverified'
  return (
    <Status
      is={copyWord[copy.state]}
      quiet
      {...(copy.assumed && { tone: 'idle' as const, reason: <span className="nowrap">site not said</span> })}
      {...(shows && age !== null && { says: <span className="nowrap">{age}</span> })}
    />
  )
}

function Next({ row }: { row: SystemRow }) {
  const now = useNow()
  const { plans, runs } = useStores()
  const running = useStore(runs, ({ byId }) => (row.running === null ? undefined : byId.get(row.running)))
  const stored = useStore(plans, ({ value }) => value?.plans)
  if (row.running !== null) {
    const part = running ? partDone(running.progress, false) : null
    return (
      <>
        <a className="cell-main" href={href({ page: 'runs', mode: 'show', name: row.running })}>
          Running
        </a>
        <span className="cell-sub">
          {part === null ? (running?.progress.phase ?? 'now') : formatPercent(part)}
        </span>
      </>
    )
  }
  if (row.next)
    return (
      <>
        <span className="cell-main">{formatWhen(row.next.at, now)}</span>
        <span className="cell-sub">{formatIn(row.next.at, now)}</span>
      </>
    )
  const own = stored?.filter(({ settings }) => settings.system === row.name) ?? []
  const why =
    own.length === 0 ? 'no plan' : own.every(({ state }) => state === 'created') ? 'not started' : 'stopped'
  return (
    <>
      <span className="cell-main">None</span>
      <span className="cell-sub">{stored ? why : ''}</span>
    </>
  )
}
