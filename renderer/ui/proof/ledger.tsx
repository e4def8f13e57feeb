import type { ReactNode } from 'react'
import { Tabs } from '../page/tabs.tsx'
import { DataTable } from '../list/data-table.tsx'
import type { Column } from '../list/table-column.ts'
import { PathText } from '../list/path-text.tsx'
import { Status } from '../status/status.tsx'
import css from './ledger.module.css'

export type LedgerAction = 'create' | 'replace' | 'same' | 'leave' | 'refuse' | 'failed'
export type LedgerLine = {
  path: string
  action: LedgerAction
  kind: string
  size: string
  detail?: string | undefined
}
export type LedgerFilter = 'all' | 'written' | 'same' | 'left' | 'failed'

export type LedgerProps = {
  lines: readonly LedgerLine[]
  filter: LedgerFilter
  onFilter: (filter: LedgerFilter) => void
  counts: Record<LedgerFilter, number>
  /** In the future: a preview says what would be done. */
  preview?: boolean
  loading?: ReactNode
  /** Below: how much more there is, a button. */
  foot?: ReactNode
}

const done = {
  create: 'Created',
  replace: 'Replaced',
  same: 'Same',
  leave: 'Left alone',
  refuse: 'Refused',
  failed: 'Failed',
}
const will = {
  create: 'Create',
  replace: 'Replace',
  same: 'Same already',
  leave: 'Leave alone',
  refuse: 'Refuse',
  failed: 'Failed',
}

function LedgerStatus({ action, preview }: { action: LedgerAction; preview: boolean }) {
  const says = (preview ? will : done)[action]
  if (action === 'failed') return <Status is="Failed" says={says} />
  if (action === 'refuse') return <Status is="Blocked" says={says} />
  if (action === 'leave') return <Status is="Skipped" says={says} />
  if (preview) return <Status is="Unchecked" says={says} shape={action === 'replace' ? 'erase' : 'created'} />
  return <Status is={action === 'same' ? 'Verified' : 'Restored'} says={says} />
}

/** What a restore did, or would do, entry by entry. */
export function Ledger({ lines, filter, onFilter, counts, preview = false, loading, foot }: LedgerProps) {
  const columns: Column<LedgerLine>[] = [
    { id: 'path', head: 'Entry', cell: ({ path }) => <PathText path={path} /> },
    { id: 'size', head: 'Size', width: '12%', align: 'end', cell: ({ size }) => size },
    {
      id: 'action',
      head: preview ? 'Would be' : 'Result',
      width: '15%',
      cell: ({ action }) => <LedgerStatus action={action} preview={preview} />,
    },
    {
      id: 'detail',
      head: 'Why',
      width: '28%',
      cell: ({ detail }) => (
        <span className="note truncate" title={detail}>
          {detail}
        </span>
      ),
    },
  ]
  return (
    <section>
      <div className={css.head}>
        <h2>Entries</h2>
        <Tabs
          inline
          label="Which entries"
          value={filter}
          onChange={onFilter}
          tabs={[
            { value: 'all', text: 'All', count: counts.all },
            { value: 'written', text: preview ? 'To write' : 'Restored', count: counts.written },
            { value: 'same', text: preview ? 'Same already' : 'Same', count: counts.same },
            { value: 'left', text: 'Left alone', count: counts.left },
            { value: 'failed', text: 'Refused or failed', count: counts.failed },
          ]}
        />
      </div>
      <DataTable
        label="Entries"
        columns={columns}
        rows={lines}
        rowKey={({ path }) => path}
        density="dense"
        loading={loading}
        empty={<span className="muted">No entry is of this kind.</span>}
      />
      {foot}
    </section>
  )
}
