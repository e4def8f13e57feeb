import { useMemo } from 'react'
import type { MasterHost } from '../../../shared/contract/director.ts'
import type { MasterEdit } from '../../../shared/director.ts'
import { type Column, DataTable, Empty, Status } from '../../ui/index.ts'
import { authWords, paths } from './master.ts'
import { isSamePath } from './model.ts'

type Props = {
  hosts: readonly MasterHost[]
  site: string | null
  edits: readonly MasterEdit[]
}

/** The hosts of `master.yml`, and what this restore does to each. */
export function HostsTable({ hosts, site, edits }: Props) {
  const columns = useMemo(() => columnsOf(site, edits), [site, edits])
  return (
    <DataTable
      label="Hosts in master.yml"
      columns={columns}
      rows={hosts}
      rowKey={({ index }) => String(index)}
      rowName={({ name, ip }) => name || ip}
      density="tall"
      empty={<Empty title="master.yml names no server.">A restore needs at least one that is enabled.</Empty>}
    />
  )
}

function columnsOf(site: string | null, edits: readonly MasterEdit[]): readonly Column<MasterHost>[] {
  const changed = (index: number) =>
    edits.some(({ op, path }) => op === 'secret' && isSamePath(path, paths.host(index, 'password')))
  return [
    {
      id: 'name',
      head: 'In master.yml',
      width: '17%',
      cell: ({ name, enabled, index }) => (
        <>
          <span className="cell-main truncate">{name || `server ${index + 1}`}</span>
          <span className="cell-sub">{enabled ? 'enabled' : 'enabled: false'}</span>
        </>
      ),
    },
    {
      id: 'host',
      head: 'Host',
      width: '20%',
      cell: ({ ip, port, bondIp }) => (
        <>
          <span className="cell-main truncate">
            {ip === '' ? <span className="muted">no address</span> : `${ip}:${port}`}
          </span>
          <span className="cell-sub truncate">{bondIp === null ? '' : `bond ${bondIp}`}</span>
        </>
      ),
    },
    {
      id: 'login',
      head: 'Signs in as',
      width: '21%',
      cell: host => (
        <>
          <span className="cell-main truncate">
            {host.user === '' ? <span className="muted">no user</span> : host.user}
          </span>
          <span className="cell-sub truncate" title={authWords(host, changed(host.index))}>
            {authWords(host, changed(host.index))}
          </span>
        </>
      ),
    },
    {
      id: 'runs',
      head: 'Runs',
      cell: ({ components, enabled }) => (
        <>
          <span className="cell-main truncate" title={components.join(', ')}>
            {components.length === 0 ? 'Not said' : components.join(', ')}
          </span>
          <span className="cell-sub">{enabled && site !== null ? `site ${site}` : ''}</span>
        </>
      ),
    },
    {
      id: 'fate',
      head: 'In this restore',
      width: '22%',
      cell: ({ enabled }) =>
        enabled ? (
          <Status is="Blocked" shape="erase" says="Erased, then restored" />
        ) : (
          <Status is="Skipped" says="Left alone" />
        ),
    },
  ]
}
