import {
  type KeyboardEvent,
  type MouseEvent,
  type ReactNode,
  useCallback,
  useMemo,
  useRef,
  useState,
} from 'react'
import { cx } from '../base/cx.ts'
import type { Tone } from '../base/tone.ts'
import css from './data-table.module.css'
import type { Column } from './table-column.ts'
import { TableRow } from './table-row.tsx'
import { rowMove, type TableGroup, tableItems } from './table-items.ts'
import { useWindow } from './use-window.ts'

export type Selection = {
  /** `one`: a click on a row selects it alone. `many`: with boxes, Space and Shift. */
  mode: 'one' | 'many'
  selected: ReadonlySet<string>
  onChange: (selected: ReadonlySet<string>) => void
}

export type DataTableProps<T> = {
  /** What it lists, for screen readers. */
  label: string
  columns: readonly Column<T>[]
  rows: readonly T[]
  rowKey: (row: T) => string
  /** How a row is called, for screen readers; its key without. */
  rowName?: (row: T) => string
  /** Rows of a group follow each other. */
  group?: (row: T) => TableGroup
  selection?: Selection
  /** Enter, or a double click. */
  onOpen?: (row: T) => void
  /** What a row shows below it when it is unfolded; null: this one has nothing to show. */
  detail?: (row: T) => ReactNode | null
  /** Why a row cannot be chosen. */
  off?: (row: T) => string | null
  tone?: (row: T) => Tone | undefined
  density?: 'dense' | 'normal' | 'tall'
  /** What may still come: `asking nas, 4 s`. Shown below the rows. */
  loading?: ReactNode
  /** Shown while there are no rows and nothing may come. */
  empty?: ReactNode
  className?: string | undefined
}

const rowHeight = { dense: 32, normal: 36, tall: 50 } as const
const nothing: ReadonlySet<string> = new Set()

/** Rows under heads, with groups, details, selection and keys; draws only what is in view when there is much. */
export function DataTable<T>(props: DataTableProps<T>) {
  const { label, columns, rows, rowKey, group, selection, onOpen, detail, off, density = 'normal' } = props
  const room = useRef<HTMLTableElement>(null)
  const [open, setOpen] = useState(nothing)
  const [active, setActive] = useState<string | null>(null)
  const anchor = useRef<string | null>(null)
  /** Where the focus goes with the next frame: keys that come before then go on from there. */
  const pending = useRef<number | null>(null)
  const items = useMemo(() => tableItems(rows, rowKey, group, open), [rows, rowKey, group, open])
  const estimate = useCallback(
    (index: number) => (items[index]?.kind === 'detail' ? 160 : rowHeight[density]),
    [items, density],
  )
  const keyOf = useCallback((index: number) => items[index]?.key ?? String(index), [items])
  const { indices, before, after, measure, scrollTo } = useWindow(room, items.length, estimate, keyOf)

  const live = selection !== undefined || onOpen !== undefined || detail !== undefined
  const boxes = selection?.mode === 'many'
  const width = columns.length + (boxes ? 1 : 0) + (detail ? 1 : 0)
  const activeKey = active !== null && rows.some(row => rowKey(row) === active) ? active : firstKey()

  function firstKey(): string | null {
    const chosen = rows.find(row => selection?.selected.has(rowKey(row))) ?? rows[0]
    return chosen === undefined ? null : rowKey(chosen)
  }

  function toggleOpen(row: T, wanted?: boolean) {
    if (!detail || detail(row) === null) return
    const key = rowKey(row)
    const next = new Set(open)
    if (wanted ?? !open.has(key)) next.add(key)
    else next.delete(key)
    setOpen(next)
  }

  function choose(row: T, event: { shiftKey: boolean; ctrlKey: boolean; metaKey: boolean }, box: boolean) {
    if (!selection || off?.(row)) return
    const key = rowKey(row)
    if (selection.mode === 'one') return selection.onChange(new Set([key]))
    const from = rows.findIndex(other => rowKey(other) === anchor.current)
    const next = new Set(box || event.ctrlKey || event.metaKey || event.shiftKey ? selection.selected : [])
    if (event.shiftKey && from >= 0) {
      const to = rows.indexOf(row)
      for (const other of rows.slice(Math.min(from, to), Math.max(from, to) + 1))
        if (!off?.(other)) next.add(rowKey(other))
    } else if (selection.selected.has(key) && (box || next.size > 0)) next.delete(key)
    else next.add(key)
    anchor.current = key
    selection.onChange(next)
  }

  function moveTo(index: number, select: boolean) {
    const row = rows[index]
    if (row === undefined) return
    const key = rowKey(row)
    setActive(key)
    scrollTo(items.findIndex(item => item.key === key))
    if (select && selection?.mode === 'one' && !off?.(row)) selection.onChange(new Set([key]))
    pending.current = index
    requestAnimationFrame(() => {
      if (pending.current !== index) return
      pending.current = null
      const target = room.current?.querySelector<HTMLElement>(`tr[data-index="${index}"]`)
      target?.focus()
    })
  }

  function onKeyDown(event: KeyboardEvent<HTMLElement>) {
    const row = (event.target as HTMLElement).closest<HTMLElement>('tr[data-index]')
    if (!live || !row || event.defaultPrevented || event.altKey) return
    const index = pending.current ?? Number(row.dataset['index'])
    const value = rows[index]
    if (value === undefined) return
    const onRow = event.target === row
    if (!onRow && (event.target as HTMLElement).matches('input, select, textarea')) return
    const to = rowMove(event.key, index, rows.length)
    if (to !== null) {
      event.preventDefault()
      return moveTo(to, true)
    }
    if (!onRow) return
    if (event.key === ' ') {
      event.preventDefault()
      choose(value, event, true)
    } else if (event.key === 'Enter' && !event.ctrlKey && !event.metaKey) {
      event.preventDefault()
      if (onOpen) onOpen(value)
      else if (detail) toggleOpen(value)
      else choose(value, event, true)
    } else if (event.key === 'ArrowRight' || event.key === 'ArrowLeft') {
      if (!detail) return
      event.preventDefault()
      toggleOpen(value, event.key === 'ArrowRight')
    } else if (event.key === 'a' && (event.ctrlKey || event.metaKey) && boxes) {
      event.preventDefault()
      selection?.onChange(new Set(rows.filter(other => !off?.(other)).map(rowKey)))
    }
  }

  function onRowClick(row: T, event: MouseEvent<HTMLElement>) {
    if ((event.target as HTMLElement).closest('a, button, input, select, summary, label')) return
    setActive(rowKey(row))
    choose(row, event, boxes === true)
  }

  const drawn = indices ?? items.map((_, index) => index)
  return (
    <>
      <table
        ref={room}
        className={cx(css.table, css[density], props.className)}
        aria-label={label}
        {...(live && { role: detail ? 'treegrid' : 'grid' })}
        aria-rowcount={rows.length + 1}
        {...(boxes && { 'aria-multiselectable': true })}
        onKeyDown={onKeyDown}
      >
        <colgroup>
          {boxes && <col className={css.boxColumn} />}
          {detail && <col className={css.foldColumn} />}
          {columns.map(column => (
            <col key={column.id} style={column.width === undefined ? undefined : { width: column.width }} />
          ))}
        </colgroup>
        <thead>
          <tr aria-rowindex={1}>
            {boxes && (
              <th scope="col">
                <span className="visually-hidden">Selected</span>
              </th>
            )}
            {detail && (
              <th scope="col">
                <span className="visually-hidden">Unfolded</span>
              </th>
            )}
            {columns.map(column => (
              <th key={column.id} scope="col" className={column.align === 'end' ? css.end : undefined}>
                {column.headHidden ? <span className="visually-hidden">{column.head}</span> : column.head}
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {before > 0 && <Spacer height={before} width={width} />}
          {drawn.map(at => {
            const item = items[at]
            if (item === undefined) return null
            if (item.kind === 'group')
              return (
                <tr key={item.key} className={css.group} ref={measure} data-at={at}>
                  <th colSpan={width} scope="rowgroup">
                    {item.group.title}
                    {item.group.note !== undefined && (
                      <span className={css.groupNote}>{item.group.note}</span>
                    )}
                  </th>
                </tr>
              )
            if (item.kind === 'detail')
              return (
                <tr key={item.key} className={css.detail} ref={measure} data-at={at}>
                  <td colSpan={width}>{detail?.(item.row)}</td>
                </tr>
              )
            const { row, key, index } = item
            const why = off?.(row) ?? null
            const folds = detail ? detail(row) !== null : false
            return (
              <TableRow
                key={key}
                row={row}
                index={index}
                at={at}
                name={props.rowName?.(row) ?? key}
                columns={columns}
                measure={measure}
                live={live}
                focusable={live && key === activeKey}
                selected={selection ? selection.selected.has(key) : null}
                off={why}
                tone={props.tone?.(row)}
                box={boxes ? event => choose(row, event, true) : null}
                fold={detail ? { has: folds, open: open.has(key), toggle: () => toggleOpen(row) } : null}
                onClick={live ? event => onRowClick(row, event) : undefined}
                onDoubleClick={onOpen ? () => onOpen(row) : undefined}
                onFocus={live ? () => setActive(key) : undefined}
              />
            )
          })}
          {after > 0 && <Spacer height={after} width={width} />}
        </tbody>
      </table>
      {props.loading !== undefined && props.loading !== null && (
        <div className={css.foot}>{props.loading}</div>
      )}
      {rows.length === 0 && !props.loading && props.empty !== undefined && (
        <div className={css.empty}>{props.empty}</div>
      )}
    </>
  )
}

function Spacer({ height, width }: { height: number; width: number }) {
  return (
    <tr aria-hidden className={css.spacer}>
      <td colSpan={width} style={{ height }} />
    </tr>
  )
}
