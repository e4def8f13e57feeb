import type { RunSnapshot } from '../../../shared/contract/run.ts'
import { directorComponents, directorFiles } from '../../../shared/director-files.ts'
import { formatBytes } from '../../app/format.ts'
import { type Column, DataTable } from '../../ui/index.ts'
import { componentsOf, type ComponentLine } from './run-model.ts'

const columns: Column<ComponentLine>[] = [
  {
    id: 'component',
    head: 'Component',
    width: '24%',
    cell: ({ component }) => <span className="truncate">{directorFiles[component].title}</span>,
  },
  {
    id: 'file',
    head: 'File',
    cell: ({ name }) =>
      name === null ? (
        <span className="muted">not backed up: no command is set for it</span>
      ) : (
        <code className="truncate" title={name}>
          {name}
        </code>
      ),
  },
  {
    id: 'size',
    head: 'Size',
    width: '10%',
    align: 'end',
    cell: ({ size }) => (size === null ? '' : formatBytes(size)),
  },
  {
    id: 'on',
    head: 'On',
    width: '15%',
    cell: ({ on }) => <span className="truncate">{on.join(', ')}</span>,
  },
]
const keyOf = ({ component }: ComponentLine) => component

/** The five files of a Director's backup that has succeeded, and the servers that have each. */
export function RunComponents({ run }: { run: RunSnapshot }) {
  const lines = componentsOf(run)
  if (!lines) return null
  const order = (component: ComponentLine['component']) => directorComponents.indexOf(component)
  const rows = [...lines].sort((a, b) => order(a.component) - order(b.component))
  return <DataTable label="Files" columns={columns} rows={rows} rowKey={keyOf} density="dense" />
}
