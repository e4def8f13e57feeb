import { useMemo, useState } from 'react'
import { useStore } from 'zustand'
import type { RunSnapshot } from '../../../shared/contract/run.ts'
import { useCall, useDeed, useStores } from '../../app/app-context.tsx'
import { counted, formatClock, formatCount } from '../../app/format.ts'
import { go } from '../../app/navigation.ts'
import { useArrival } from '../../app/parts/use-arrival.ts'
import { href, type RouteOf } from '../../app/router.ts'
import { isLive, runTitle } from '../../app/run-words.ts'
import {
  Button,
  type Column,
  cx,
  DataTable,
  Empty,
  LinkButton,
  Notice,
  PageBody,
  PageHeader,
  Split,
  Trouble,
} from '../../ui/index.ts'
import { RunBytes, RunState, RunTook } from './run-cells.tsx'
import { RunFilters } from './run-filters.tsx'
import { RunInspector } from './run-inspector.tsx'
import { filterQuery, filterRuns, groupOf, type RunFilter, readFilter } from './run-list-model.ts'
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
  { id: 'state', head: 'State', width: '25%', cell: run => <RunState run={run} /> },
  { id: 'progress', head: 'Acknowledged', width: '20%', cell: run => <RunBytes run={run} /> },
  { id: 'started', head: 'Began', width: '4.75rem', cell: run => formatClock(run.started, true) },
  { id: 'took', head: 'Took', width: '6rem', align: 'end', cell: run => <RunTook run={run} /> },
]
const keyOf = ({ id }: RunSnapshot) => id
const nameOf = (run: RunSnapshot) => `${runTitle(run)}, ${formatClock(run.started)}`
const open = ({ id }: RunSnapshot) => go({ page: 'runs', mode: 'show', name: id })

/** Everything that runs and ran, live ones first, and all of the chosen one beside it. */
export function RunList({ route }: { route: RouteOf<'runs'> }) {
  useArrival()
  const { runs } = useStores()
  const { list, total, loaded, failure, unreadable } = useStore(runs)
  const filter = readFilter(route.query)
  const { older, more } = useOlder(list, total)
  const all = useMemo(() => (older.length === 0 ? list : [...list, ...older]), [list, older])
  const { state, kind, text, plan } = filter
  const rows = useMemo(() => filterRuns(all, { state, kind, text, plan }), [all, state, kind, text, plan])
  const live = list.filter(isLive).length
  const wanted = route.query?.['run']
  const chosen = rows.find(({ id }) => id === wanted) ?? rows[0]
  const selected = useMemo(() => new Set(chosen ? [chosen.id] : []), [chosen])
  const show = (query: Record<string, string>, run: string | undefined) =>
    go(
      { page: 'runs', mode: 'list', query: { ...query, ...(run !== undefined && { run }) } },
      { replace: true },
    )
  const change = (next: Partial<RunFilter>) => show(filterQuery({ ...filter, ...next }), wanted)
  const left = total - all.length - unreadable.length
  return (
    <>
      <PageHeader
        title="Runs"
        lead={
          loaded
            ? total === 0
              ? 'What ran and runs on this machine. None yet.'
              : `${counted(total, 'run')} on this machine, ${live === 0 ? 'none goes on now' : `${live} ${live === 1 ? 'goes' : 'go'} on now`}.`
            : 'Asking for the runs.'
        }
        {...(plan !== '' && {
          actions: (
            <Button icon="x" onClick={() => change({ plan: '' })}>
              {`Only the plan ${plan}`}
            </Button>
          ),
        })}
      />
      {loaded && !failure && total === 0 ? (
        <PageBody>
          <NoRuns />
        </PageBody>
      ) : (
        <PageBody flush>
          <Split columns="minmax(0, 1fr) var(--inspector-width)">
            <div className={css.list}>
              {failure && <Trouble failure={failure} title="The runs cannot be listed" />}
              <RunFilters filter={filter} onChange={change} />
              {unreadable.length > 0 && (
                <Notice tone="warn">
                  <b>{counted(unreadable.length, 'run')} cannot be read.</b> First: {unreadable[0]?.id},{' '}
                  {unreadable[0]?.detail}. Their files are left as they are.
                </Notice>
              )}
              <DataTable
                label="Runs"
                columns={columns}
                rows={rows}
                rowKey={keyOf}
                rowName={nameOf}
                group={groupOf}
                density="tall"
                selection={{ mode: 'one', selected, onChange: ([id]) => show(filterQuery(filter), id) }}
                onOpen={open}
                {...(!loaded && { loading: <span className="muted">Asking for the runs.</span> })}
                empty={
                  <Empty
                    title="No run is of this kind."
                    action={
                      <Button onClick={() => change({ state: 'all', kind: 'all', text: '', plan: '' })}>
                        Show all
                      </Button>
                    }
                  >
                    {counted(all.length, 'run is', 'runs are')} hidden by the filter.
                  </Empty>
                }
              />
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
            </div>
            {chosen ? <RunInspector key={chosen.id} run={chosen} /> : <div />}
          </Split>
        </PageBody>
      )}
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
