import { useCallback, useEffect, useMemo, useState } from 'react'
import { useStore } from 'zustand'
import { useStores } from '../../app/app-context.tsx'
import { counted, formatCount } from '../../app/format.ts'
import { go } from '../../app/navigation.ts'
import { href, type RouteOf } from '../../app/router.ts'
import { restoreHref } from './restore-link.ts'
import {
  Button,
  DataTable,
  Empty,
  LinkButton,
  PageBody,
  PageHeader,
  Push,
  SearchField,
  Toolbar,
} from '../../ui/index.ts'
import { directorRestoreOf } from './adopt-model.ts'
import css from './backups.module.css'
import { Filters } from './filters.tsx'
import { FindResults } from './find-results.tsx'
import {
  countStates,
  type Filter,
  isGood,
  matches,
  type PointRow,
  pointStates,
  readFilter,
  stateWords,
  trashed,
  writeFilter,
} from './model.ts'
import { dayGroup, pointColumns } from './point-columns.tsx'
import { PointDetail } from './point-detail.tsx'
import { NothingSelected, SelectionBar } from './selection-bar.tsx'
import { AskingLine, FailedServers } from './server-answers.tsx'
import { useMinute } from './use-minute.ts'
import { useRows } from './use-rows.ts'

type List = Extract<RouteOf<'backups'>, { mode: 'list' | 'trash' }>

/** Every restore point of every server, newest first. */
export function PointsPage({ route }: { route: List }) {
  const all = useRows()
  const now = useMinute()
  const filter = useMemo(() => readFilter(route.query), [route.query])
  const find = route.query?.['find'] ?? ''
  const [typed, setTyped] = useState(find)
  useEffect(() => setTyped(find), [find])
  const [selected, setSelected] = useState<ReadonlySet<string>>(new Set())
  const shown = useMemo(() => all.rows.filter(row => matches(row, filter, now)), [all.rows, filter, now])
  const chosen = useMemo(() => shown.filter(({ point }) => selected.has(point)), [shown, selected])
  const columns = useMemo(() => pointColumns(now), [now])
  const group = useMemo(() => dayGroup(now), [now])
  const detail = useCallback((row: PointRow) => <PointDetail row={row} now={now} />, [now])
  const inTrash = useMemo(() => trashed(all.listings).length, [all.listings])
  const show = (query: Record<string, string>) =>
    go({ page: 'backups', mode: 'list', query }, { replace: true })
  const narrow = (next: Partial<Filter>) => show({ ...writeFilter({ ...filter, ...next }), find })
  const [one] = chosen.length === 1 ? chosen : []
  const plans = useStore(useStores().plans, ({ value }) => value?.plans)
  const asDirector = useMemo(() => directorRestoreOf(chosen, plans ?? []), [chosen, plans])

  return (
    <>
      <PageHeader
        title="Backups"
        lead="Every restore point on every server, newest first."
        actions={
          <>
            <LinkButton href={href({ page: 'backups', mode: 'trash' })} icon="trash-2">
              {inTrash > 0 ? `Trash, ${formatCount(inTrash)}` : 'Trash'}
            </LinkButton>
            <Button
              kind="primary"
              icon="archive-restore"
              pagePrimary
              off={all.servers?.length === 0 ? 'there is no server yet' : restoreOff(chosen)}
              offAt="beside"
              onClick={() => one && go(asDirector ?? restoreHref(one))}
            >
              {asDirector ? 'Restore as a Director' : 'Restore selected'}
            </Button>
          </>
        }
      />
      <PageBody>
        {all.servers?.length === 0 ? (
          <NoServer />
        ) : (
          <>
            <Toolbar label="Which restore points">
              <SearchField
                className={css.find}
                label="Find a file in every backup"
                value={typed}
                onChange={text => {
                  setTyped(text)
                  if (text === '' && find !== '') show(writeFilter(filter))
                }}
                onEnter={() => show({ ...writeFilter(filter), find: typed.trim() })}
              />
              <Filters rows={all.rows} filter={filter} onChange={narrow} />
              <Push />
              <span className="note" aria-live="polite">
                <Summary rows={shown} hidden={all.rows.length - shown.length} />
              </span>
            </Toolbar>
            <FailedServers
              byServer={all.byServer}
              ask={all.ask}
              whole={all.rows.length === 0 && !all.asking}
            />
            {find !== '' ? (
              <FindResults
                key={find}
                text={find}
                rows={shown}
                asking={all.asking}
                now={now}
                onClose={() => {
                  setTyped('')
                  show(writeFilter(filter))
                }}
              />
            ) : (
              <>
                {chosen.length > 0 ? (
                  <SelectionBar
                    selected={chosen}
                    listings={all.listings}
                    servers={all.servers ?? []}
                    now={now}
                  />
                ) : (
                  <div className={css.selection}>
                    {shown.length > 0 && <NothingSelected opens="a restore point" />}
                  </div>
                )}
                <div className={css.table}>
                  <DataTable
                    label="Restore points"
                    density="dense"
                    columns={columns}
                    rows={shown}
                    rowKey={rowKey}
                    rowName={rowName}
                    group={group}
                    detail={detail}
                    selection={{ mode: 'many', selected, onChange: setSelected }}
                    onOpen={open}
                    tone={rowTone}
                    loading={all.asking ? <AskingLine byServer={all.byServer} /> : undefined}
                    empty={
                      <Nothing
                        hidden={all.rows.length}
                        inTrash={inTrash}
                        failed={[...all.byServer.values()].some(({ failure }) => failure !== null)}
                        onShowAll={() => show({ find })}
                      />
                    }
                  />
                </div>
              </>
            )}
          </>
        )}
      </PageBody>
    </>
  )
}

const rowKey = ({ point }: PointRow) => point
const rowName = ({ point }: PointRow) => point
const rowTone = ({ state }: PointRow) => (state === 'damaged' ? ('bad' as const) : undefined)

function open(row: PointRow) {
  const from = row.copies.find(isGood) ?? row.copies[0]
  if (from && from.state !== 'incomplete')
    go({ page: 'backups', mode: 'show', point: row.point, server: from.server })
}

function restoreOff(chosen: readonly PointRow[]): string | null {
  const [one, ...others] = chosen
  if (!one) return 'no restore point is selected'
  if (others.length > 0) return 'several are selected; one is restored at a time'
  return one.copies.some(({ state }) => state !== 'incomplete') ? null : 'it is incomplete'
}

function Summary({ rows, hidden }: { rows: readonly PointRow[]; hidden: number }) {
  const counts = useMemo(() => countStates(rows), [rows])
  if (rows.length === 0) return null
  const parts = pointStates.flatMap(state =>
    counts[state] > 0 ? [`${formatCount(counts[state])} ${stateWords[state].toLowerCase()}`] : [],
  )
  return (
    <>
      {counted(rows.length, 'restore point')}: {parts.join(', ')}
      {hidden > 0 && `; ${formatCount(hidden)} hidden`}
    </>
  )
}

type NothingProps = { hidden: number; inTrash: number; failed: boolean; onShowAll: () => void }

function Nothing({ hidden, inTrash, failed, onShowAll }: NothingProps) {
  if (hidden > 0)
    return (
      <Empty
        title="No restore point fits these filters."
        action={<Button onClick={onShowAll}>Show all {formatCount(hidden)}</Button>}
      >
        The filters hide {counted(hidden, 'restore point')}.
      </Empty>
    )
  if (inTrash > 0)
    return (
      <Empty
        title="No restore point outside the trash."
        action={
          <LinkButton href={href({ page: 'backups', mode: 'trash' })} icon="trash-2">
            Open the trash, {formatCount(inTrash)}
          </LinkButton>
        }
      >
        {counted(inTrash, 'restore point lies', 'restore points lie')} in the trash and can be put back until
        removed for good.
      </Empty>
    )
  if (failed)
    return <Empty title="No restore point is known yet.">What the servers above hold is not known.</Empty>
  return (
    <Empty
      title="No restore point yet."
      action={
        <LinkButton href={href({ page: 'plans', mode: 'new' })} icon="plus">
          Add a plan
        </LinkButton>
      }
    >
      The servers answered and hold none. Nothing can be restored before a plan has run.
    </Empty>
  )
}

export function NoServer() {
  return (
    <Empty
      page
      title="No server yet."
      action={
        <LinkButton
          href={href({ page: 'servers', mode: 'new', query: { type: 's3' } })}
          kind="plain"
          icon="plus"
        >
          Add a server
        </LinkButton>
      }
    >
      Restore points lie on servers. Add the one that holds them: its restore points are listed at once, even
      on a computer that knows nothing else.
    </Empty>
  )
}
