import type { MouseEvent } from 'react'
import { cx } from '../base/cx.ts'
import type { Tone } from '../base/tone.ts'
import { Icon } from '../icon/icon.tsx'
import type { Column } from './table-column.ts'
import css from './data-table.module.css'

type Props<T> = {
  row: T
  /** Among the rows, headings not counted. */
  index: number
  /** Among all that is drawn. */
  at: number
  name: string
  columns: readonly Column<T>[]
  measure: ((element: HTMLElement | null) => void) | undefined
  live: boolean
  focusable: boolean
  selected: boolean | null
  off: string | null
  tone: Tone | undefined
  box: ((event: MouseEvent) => void) | null
  fold: { has: boolean; open: boolean; toggle: () => void } | null
  onClick: ((event: MouseEvent<HTMLElement>) => void) | undefined
  onDoubleClick: (() => void) | undefined
  onFocus: (() => void) | undefined
}

/** One row of a `DataTable`. */
export function TableRow<T>(props: Props<T>) {
  const { row, index, name, columns, live, selected, off, box, fold } = props
  return (
    <tr
      ref={props.measure}
      data-index={index}
      data-at={props.at}
      data-tone={props.tone}
      aria-rowindex={index + 2}
      {...(live && { tabIndex: props.focusable ? 0 : -1 })}
      {...(selected !== null && off === null && { 'aria-selected': selected })}
      {...(off !== null && { 'aria-disabled': true, title: off })}
      {...(fold?.has && { 'aria-expanded': fold.open })}
      onClick={props.onClick}
      onDoubleClick={props.onDoubleClick}
      onFocus={event => {
        if (event.target === event.currentTarget) props.onFocus?.()
      }}
    >
      {box && (
        <td>
          <input
            type="checkbox"
            tabIndex={-1}
            aria-label={off === null ? `Select ${name}` : `${name} cannot be selected: ${off}`}
            aria-disabled={off !== null || undefined}
            checked={selected === true}
            onChange={() => undefined}
            onClick={box}
          />
        </td>
      )}
      {fold && (
        <td>
          {fold.has && (
            <button
              type="button"
              tabIndex={-1}
              className={css.fold}
              aria-label={fold.open ? `Fold ${name}` : `Unfold ${name}`}
              onClick={fold.toggle}
            >
              <Icon name={fold.open ? 'chevron-down' : 'chevron-right'} decorative />
            </button>
          )}
        </td>
      )}
      {columns.map(column => (
        <td key={column.id} className={cx(column.align === 'end' && css.end)}>
          {column.cell(row)}
        </td>
      ))}
    </tr>
  )
}
