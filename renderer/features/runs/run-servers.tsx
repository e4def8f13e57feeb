import { useStore } from 'zustand'
import type { RunSnapshot } from '../../../shared/contract/run.ts'
import { useStores } from '../../app/app-context.tsx'
import { formatBytes, formatPercent } from '../../app/format.ts'
import { type Column, DataTable, Meter, Status, visibleControls } from '../../ui/index.ts'
import { type ServerLine, serverLines } from './run-servers-model.ts'
import css from './runs.module.css'

const columns: Column<ServerLine>[] = [
  {
    id: 'server',
    head: 'Server',
    width: '22%',
    cell: ({ name }) => <span className="truncate">{name}</span>,
  },
  { id: 'bytes', head: 'Stored', width: '12%', align: 'end', cell: ({ bytes }) => formatBytes(bytes) },
  {
    id: 'bar',
    head: 'Beside the furthest',
    width: '26%',
    cell: ({ bytes, most, tone }) => (
      <span className={css.bar}>
        <Meter value={most === 0 ? 0 : bytes / most} tone={tone} />
        <span className="note">{most === 0 ? '0 %' : formatPercent(bytes / most)}</span>
      </span>
    ),
  },
  {
    id: 'state',
    head: 'State',
    cell: ({ is, says, reason, tone }) => {
      const why = reason === undefined ? undefined : visibleControls(reason)
      return (
        <Status
          is={is}
          says={says}
          tone={tone}
          {...(why !== undefined && {
            reason: (
              <span className="truncate" title={why}>
                {why}
              </span>
            ),
          })}
        />
      )
    },
  },
]
const nameOf = ({ name }: ServerLine) => name

/** What each server of a backup has acknowledged: one read feeds them all, each at its own pace; and who refused. */
export function RunServers({ run }: { run: RunSnapshot }) {
  const known = useStore(useStores().servers, ({ value }) => value?.servers)
  const order = (name: string) => known?.findIndex(({ record }) => record.name === name) ?? 0
  const lines = serverLines(run).sort((a, b) => order(a.name) - order(b.name))
  if (lines.length === 0) return null
  return <DataTable label="Servers" columns={columns} rows={lines} rowKey={nameOf} density="dense" />
}
