import { useMemo, useState } from 'react'
import { useStore } from 'zustand'
import type { RunSnapshot } from '../../../shared/contract/run.ts'
import { failureCopy } from '../../../shared/failure-copy.ts'
import { useCall, useDeed, useKnownNow, useStores } from '../../app/app-context.tsx'
import {
  counted,
  formatBytes,
  formatClock,
  formatCount,
  formatDuration,
  formatPercent,
} from '../../app/format.ts'
import { go } from '../../app/navigation.ts'
import { useArrival } from '../../app/parts/use-arrival.ts'
import { href, type RouteOf } from '../../app/router.ts'
import { partDone, stalledFor } from '../../app/run-rates.ts'
import { isLive, runStatus, runTitle } from '../../app/run-words.ts'
import {
  Button,
  type Column,
  cx,
  DataTable,
  Empty,
  LinkButton,
  Meter,
  Notice,
  PageBody,
  PageHeader,
  Push,
  SearchField,
  Segmented,
  Select,
  Status,
  Toolbar,
  Trouble,
} from '../../ui/index.ts'
import { filterQuery, filterRuns, groupOf, type RunFilter, readFilter } from './run-list-model.ts'
import { countsOf, phaseName } from './run-model.ts'
import css from './runs.module.css'

const columns: Column<RunSnapshot>[] = [
  {
    id: 'run',
    head: 'Run',
    cell: run => (
      <>
        <a
          className={cx('cell-main', css.name)}
          href={href({ page: 'runs', mode: 'show', name: run.id })}
          title={runTitle(run)}
        >
          {runTitle(run)}
        </a>
        <span className="cell-sub" title={run.about}>
          {run.about}
        </span>
      </>
    ),
  },
  { id: 'state', head: 'State', width: '21%', cell: run => <RunState run={run} /> },
  { id: 'progress', head: 'Acknowledged', width: '17%', cell: run => <RunBytes run={run} /> },
  { id: 'started', head: 'Began', width: '8%', cell: run => formatClock(run.started, true) },
  { id: 'took', head: 'Took', width: '9%', align: 'end', cell: run => <Took run={run} /> },
  {
    id: 'problems',
    head: 'Problems',
    width: '8%',
    align: 'end',
    cell: ({ problems }) => (problems === 0 ? <span className="muted">none</span> : formatCount(problems)),
  },
]
const keyOf = ({ id }: RunSnapshot) => id
const nameOf = (run: RunSnapshot) => `${runTitle(run)}, ${formatClock(run.started)}`
const open = ({ id }: RunSnapshot) => go({ page: 'runs', mode: 'show', name: id })

function RunState({ run }: { run: RunSnapshot }) {
  return isLive(run) ? (
    <LiveState run={run} />
  ) : (
    <Status is={runStatus(run)} reason={<Reason text={reasonOf(run)} />} />
  )
}

/** One line: the page of the run has the whole. */
function Reason({ text }: { text: string }) {
  return (
    <span className="truncate" title={text}>
      {text}
    </span>
  )
}

function LiveState({ run }: { run: RunSnapshot }) {
  const now = useKnownNow()
  const history = useStore(useStores().runs, ({ histories }) => histories.get(run.id))
  const stalled =
    run.progress.stalled !== undefined || stalledFor(history, now, run.state === 'running') !== null
  return (
    <Status
      is={runStatus(run, stalled)}
      reason={<Reason text={run.progress.stalled ?? phaseName(run.progress.phase)} />}
    />
  )
}

function reasonOf(run: RunSnapshot): string {
  if (run.state === 'failed' && run.failure) return failureCopy[run.failure.code].happened
  if (run.state === 'interrupted') return 'nobody works on it'
  return ''
}

function RunBytes({ run }: { run: RunSnapshot }) {
  const { bytes, total } = run.progress
  const part = partDone(run.progress, !isLive(run))
  if (!isLive(run)) return <>{formatBytes(countsOf(run)?.bytes ?? bytes)}</>
  return (
    <span className={css.bytes}>
      <span className="nowrap">
        {formatBytes(bytes)}
        {total !== null && <span className="muted"> of {formatBytes(total)}</span>}
      </span>
      <span className={css.bar}>
        <Meter value={part} tone="run" />
        <span className="note">{part === null ? '' : formatPercent(part)}</span>
      </span>
    </span>
  )
}

function Took({ run }: { run: RunSnapshot }) {
  if (run.ended !== null) return <>{formatDuration(Date.parse(run.ended) - Date.parse(run.started))}</>
  return isLive(run) ? <Running since={run.started} /> : <span className="muted">not known</span>
}

function Running({ since }: { since: string }) {
  return <>{formatDuration(Math.max(0, useKnownNow() - Date.parse(since)))}</>
}

/** Everything that runs and ran, live ones first. */
export function RunList({ route }: { route: RouteOf<'runs'> }) {
  useArrival()
  const { runs } = useStores()
  const { list, total, loaded, failure, unreadable } = useStore(runs)
  const filter = readFilter(route.query)
  const { older, more } = useOlder(list, total)
  const all = useMemo(() => (older.length === 0 ? list : [...list, ...older]), [list, older])
  const { state, kind, text } = filter
  const rows = useMemo(() => filterRuns(all, { state, kind, text }), [all, state, kind, text])
  const live = list.filter(isLive).length
  const change = (next: Partial<RunFilter>) =>
    go({ page: 'runs', mode: 'list', query: filterQuery({ ...filter, ...next }) }, { replace: true })
  const filters = Object.keys(filterQuery(filter)).length > 0
  const left = total - all.length - unreadable.length
  return (
    <>
      <PageHeader
        title="Runs"
        lead={
          loaded
            ? `${counted(total, 'run')} on this machine, ${live === 0 ? 'none goes on now' : `${live} ${live === 1 ? 'goes' : 'go'} on now`}.`
            : 'Asking for the runs.'
        }
      />
      <PageBody>
        {failure && <Trouble failure={failure} title="The runs cannot be listed" />}
        {(total > 0 || filters) && (
          <div className={css.filters}>
            <Toolbar label="Which runs">
              <Segmented
                label="State"
                value={state}
                onChange={next => change({ state: next })}
                options={[
                  { value: 'all', text: 'All' },
                  { value: 'live', text: 'Going on' },
                  { value: 'look', text: 'To look at' },
                  { value: 'good', text: 'Done' },
                ]}
              />
              <Select
                label="Kind"
                value={kind}
                onChange={next => change({ kind: next })}
                options={[
                  { value: 'all', text: 'All kinds' },
                  { value: 'backup', text: 'Backups' },
                  { value: 'restore', text: 'Restores' },
                  { value: 'verify', text: 'Verifications' },
                  { value: 'copy', text: 'Copies' },
                ]}
              />
              <Push />
              <SearchField
                className={css.search}
                label="Find a run"
                value={text}
                onChange={next => change({ text: next })}
              />
            </Toolbar>
          </div>
        )}
        {unreadable.length > 0 && (
          <Notice tone="warn">
            <b>{counted(unreadable.length, 'run')} cannot be read.</b> First: {unreadable[0]?.id},{' '}
            {unreadable[0]?.detail}. Their files are left as they are.
          </Notice>
        )}
        {(rows.length > 0 || !loaded || filters) && (
          <DataTable
            label="Runs"
            columns={columns}
            rows={rows}
            rowKey={keyOf}
            rowName={nameOf}
            group={groupOf}
            density="tall"
            onOpen={open}
            {...(!loaded && { loading: <span className="muted">Asking for the runs.</span> })}
            empty={
              <Empty
                title="No run is of this kind."
                action={
                  <Button onClick={() => change({ state: 'all', kind: 'all', text: '' })}>Show all</Button>
                }
              >
                {counted(all.length, 'run is', 'runs are')} hidden by the filter.
              </Empty>
            }
          />
        )}
        {loaded && !failure && total === 0 && <NoRuns />}
        {left > 0 && (
          <div className={css.foot}>
            <span className="note">
              The newest {formatCount(all.length)} of {formatCount(total)} are here.
            </span>
            <Button size="small" busy={more.busy} onClick={() => void more.run()}>
              Load older runs
            </Button>
            {more.failure && <Trouble failure={more.failure} />}
          </div>
        )}
      </PageBody>
    </>
  )
}

/** Runs beyond those that the store holds, page by page. */
function useOlder(list: readonly RunSnapshot[], total: number) {
  const call = useCall()
  const [older, setOlder] = useState<readonly RunSnapshot[]>([])
  const [from, setFrom] = useState<number | null>(null)
  const more = useDeed(async options => {
    const answer = await call('run.list', { from: from ?? list.length, limit: 2000 }, options)
    if (answer.ok) {
      const known = new Set([...list, ...older].map(({ id }) => id))
      setOlder(last => [...last, ...answer.value.runs.filter(({ id }) => !known.has(id))])
      setFrom((from ?? list.length) + answer.value.runs.length + answer.value.unreadable.length)
    }
    return answer
  })
  return { older: total > list.length ? older : noRuns, more }
}
const noRuns: readonly RunSnapshot[] = []

function NoRuns() {
  const servers = useStore(useStores().servers, ({ value }) => value?.servers.length)
  return (
    <Empty
      title="Nothing has run on this machine yet."
      page
      action={
        servers === 0 ? (
          <LinkButton
            kind="primary"
            icon="plus"
            pagePrimary
            href={href({ page: 'servers', mode: 'new', query: { type: 's3' } })}
          >
            Add S3 server
          </LinkButton>
        ) : (
          <LinkButton kind="primary" icon="plus" pagePrimary href={href({ page: 'plans', mode: 'new' })}>
            Add plan
          </LinkButton>
        )
      }
    >
      {servers === 0
        ? 'Without a server there is nowhere to store a backup, and nothing to restore from.'
        : 'Backups, restores, verifications and copies are listed here, with their logs.'}
    </Empty>
  )
}
