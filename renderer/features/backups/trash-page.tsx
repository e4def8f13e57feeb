import { useCallback, useMemo, useState } from 'react'
import type { PointOnServer } from '../../../shared/contract/point.ts'
import { useCall, useDeed } from '../../app/app-context.tsx'
import { counted, formatBytes, formatDate, formatIn, formatMoment, formatWhen } from '../../app/format.ts'
import { href } from '../../app/router.ts'
import {
  AlertDialog,
  Button,
  type Column,
  DataTable,
  Empty,
  Facts,
  Field,
  PageBody,
  PageHeader,
  Push,
  Status,
  TextField,
  Toolbar,
  Trouble,
} from '../../ui/index.ts'
import css from './backups.module.css'
import { copyState, stampTime, stateWords, trashed } from './model.ts'
import { NothingSelected } from './selection-bar.tsx'
import { AskingLine, FailedServers } from './server-answers.tsx'
import { useBatch } from './use-batch.ts'
import { useMinute } from './use-minute.ts'
import { useRows, useSystemOf } from './use-rows.ts'

/** What was moved to the trash of each server: it can be put back until its day comes. */
export function TrashPage() {
  const all = useRows()
  const now = useMinute()
  const call = useCall()
  const systemOf = useSystemOf()
  const batch = useBatch()
  const [selected, setSelected] = useState<ReadonlySet<string>>(new Set())
  const [purging, setPurging] = useState<PointOnServer | null>(null)
  const rows = useMemo(() => trashed(all.listings), [all.listings])
  const chosen = rows.filter(row => selected.has(keyOf(row)))
  const columns = useMemo(() => columnsOf(now, systemOf), [now, systemOf])
  const putBack = (copies: readonly PointOnServer[]) =>
    void batch.run(
      copies.map(({ point, server }) => ({
        what: point,
        server,
        work: signal => call('point.putBack', { point, server }, { signal }),
      })),
    )
  const close = useCallback(() => setPurging(null), [])
  return (
    <>
      <PageHeader
        title="Trash"
        path={[{ text: 'Backups', href: href({ page: 'backups', mode: 'list' }) }]}
        lead="Nothing here is gone yet. It lies on its server until the day shown, and can be put back."
      />
      <PageBody>
        <FailedServers byServer={all.byServer} ask={all.ask} />
        <div>
          {rows.length === 0 ? null : chosen.length === 0 ? (
            <NothingSelected />
          ) : (
            <Toolbar label="Selected in the trash" selected>
              <span>
                <b>{counted(chosen.length, 'copy', 'copies')}</b>{' '}
                <span className="muted">
                  selected, {formatBytes(chosen.reduce((sum, { bytes }) => sum + bytes, 0))}
                </span>
              </span>
              <Push />
              <Button size="small" icon="undo-2" busy={batch.busy} onClick={() => putBack(chosen)}>
                Put back
              </Button>
              <Button
                size="small"
                kind="danger-quiet"
                icon="trash-2"
                off={chosen.length > 1 ? 'several are selected; one at a time is deleted for good' : null}
                onClick={() => setPurging(chosen[0] ?? null)}
              >
                Delete for good
              </Button>
            </Toolbar>
          )}
        </div>
        {batch.failures.map(({ what, server, failure }) => (
          <Trouble
            key={`${what} ${server}`}
            failure={failure}
            around={{ server }}
            title={`${what} on ${server} was not put back`}
          />
        ))}
        <DataTable
          label="Restore points in the trash"
          columns={columns}
          rows={rows}
          rowKey={keyOf}
          rowName={({ point, server }) => `${point} on ${server}`}
          selection={{ mode: 'many', selected, onChange: setSelected }}
          loading={all.asking ? <AskingLine byServer={all.byServer} /> : undefined}
          empty={
            <Empty title="The trash is empty.">
              Restore points that are removed, by you or by a plan’s rules, wait here.
            </Empty>
          }
        />
        {purging && (
          <PurgeDialog
            copy={purging}
            others={all.rows.find(({ point }) => point === purging.point)?.copies ?? []}
            now={now}
            onClose={close}
          />
        )}
      </PageBody>
    </>
  )
}

const keyOf = ({ point, server }: PointOnServer) => `${server}/${point}`

const columnsOf = (now: number, systemOf: ReadonlyMap<string, string>): readonly Column<PointOnServer>[] => [
  {
    id: 'taken',
    head: 'Taken',
    width: '10rem',
    cell: ({ stamp }) => <span className="cell-main">{formatMoment(stampTime(stamp), now)}</span>,
  },
  {
    id: 'system',
    head: 'System',
    cell: ({ name }) => (
      <span className="truncate">
        {systemOf.get(name) ?? name}
        {systemOf.get(name) !== name && (
          <span className={css.plan}>{systemOf.has(name) ? name : 'no plan here'}</span>
        )}
      </span>
    ),
  },
  {
    id: 'server',
    head: 'On',
    width: '14%',
    cell: ({ server }) => <span className="truncate">{server}</span>,
  },
  { id: 'size', head: 'Size', width: '6.5rem', align: 'end', cell: ({ bytes }) => formatBytes(bytes) },
  { id: 'state', head: 'State', width: '9rem', cell: copy => <Status is={stateWords[copyState(copy)]} /> },
  {
    id: 'by',
    head: 'Moved here',
    width: '19%',
    cell: ({ trash }) =>
      trash && (
        <span className="truncate muted" title={trash.by}>
          {formatWhen(trash.since, now)} by {trash.by}
        </span>
      ),
  },
  {
    id: 'until',
    head: 'Removed for good',
    width: '11rem',
    cell: ({ trash }) =>
      trash && (
        <span title={formatDate(trash.until)}>
          {Date.parse(trash.until) > now
            ? `${formatIn(trash.until, now)}, ${formatWhen(trash.until, now)}`
            : 'with the next run'}
        </span>
      ),
  },
]

/** Deleting for good cannot be undone: the point's name is typed. */
function PurgeDialog({
  copy,
  others,
  now,
  onClose,
}: {
  copy: PointOnServer
  others: readonly PointOnServer[]
  now: number
  onClose: () => void
}) {
  const call = useCall()
  const [typed, setTyped] = useState('')
  const { point, server } = copy
  const purge = useDeed(options => call('point.purge', { point, server }, options))
  const elsewhere = others.filter(other => other.server !== server)
  return (
    <AlertDialog
      open
      escape="harmless"
      title={`Delete this restore point on ${server} for good?`}
      keep="Keep it"
      onKeep={onClose}
      deed={{
        text: 'Delete for good',
        onPick: () => void purge.run().then(answer => answer?.ok && onClose()),
        busy: purge.busy,
        off: typed === point ? null : `type ${point} first`,
      }}
    >
      <p>
        {copy.name}, {formatMoment(stampTime(copy.stamp), now)}. {counted(copy.files, 'file')},{' '}
        {formatBytes(copy.bytes)}.
      </p>
      <Facts
        names="6.5rem"
        facts={[
          [
            'Still safe',
            elsewhere.length === 0
              ? 'No other copy of it is known.'
              : `The copy on ${elsewhere.map(other => other.server).join(', ')} stays.`,
          ],
          [
            'No way back',
            'Its files are removed from the server at once. Its name and when it went stay in the log.',
          ],
        ]}
      />
      <div className={css.checks}>
        <Field
          label={
            <>
              To go on, type the name of the restore point: <code>{point}</code>
            </>
          }
        >
          <TextField code value={typed} onChange={setTyped} />
        </Field>
        {purge.failure && <Trouble failure={purge.failure} around={{ server }} />}
      </div>
    </AlertDialog>
  )
}
