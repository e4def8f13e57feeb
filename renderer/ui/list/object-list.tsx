import { type KeyboardEvent, type ReactNode, useCallback, useMemo, useRef } from 'react'
import { Icon } from '../icon/icon.tsx'
import type { IconName } from '../icon/icons.ts'
import css from './object-list.module.css'
import { rowMove, tableItems } from './table-items.ts'
import { useWindow } from './use-window.ts'

export type ListObject = {
  key: string
  title: string
  /** The second line. */
  detail?: ReactNode
  icon?: IconName
  /** At the right: a status, a figure. */
  side?: ReactNode
  /** The heading it stands under; objects of one heading follow each other. */
  group?: string
}

export type ObjectListProps = {
  /** What it lists. */
  label: string
  objects: readonly ListObject[]
  selected: string | null
  /** Arrows select as they move; so does a click. */
  onSelect: (key: string) => void
  /** Enter on the selected one: usually goes into the inspector. */
  onOpen?: (key: string) => void
  /** Shown without objects. */
  empty?: ReactNode
  /** Below the list: what is still being asked. */
  foot?: ReactNode
}

const groupOf = ({ group = '' }: ListObject) => ({ key: group, title: group })
const keyOf = ({ key }: ListObject) => key
const unfolded: ReadonlySet<string> = new Set()

/** The list side of list and inspector: one is chosen, all of it stands beside. */
export function ObjectList({ label, objects, selected, onSelect, onOpen, empty, foot }: ObjectListProps) {
  const room = useRef<HTMLDivElement>(null)
  /** Where the focus goes with the next frame: keys that come before then go on from there. */
  const pending = useRef<number | null>(null)
  const grouped = objects.some(({ group }) => group !== undefined)
  const items = useMemo(
    () => tableItems(objects, keyOf, grouped ? groupOf : undefined, unfolded),
    [objects, grouped],
  )
  const estimate = useCallback((index: number) => (items[index]?.kind === 'group' ? 34 : 53), [items])
  const itemKey = useCallback((index: number) => items[index]?.key ?? String(index), [items])
  const { indices, before, after, measure, scrollTo } = useWindow(room, items.length, estimate, itemKey)
  const current = objects.findIndex(({ key }) => key === selected)

  function onKeyDown(event: KeyboardEvent<HTMLElement>) {
    const option = (event.target as HTMLElement).closest<HTMLElement>('[data-index]')
    if (!option || event.altKey || event.ctrlKey || event.metaKey) return
    const index = pending.current ?? Number(option.dataset['index'])
    const object = objects[index]
    const to = rowMove(event.key, index, objects.length)
    const next = to === null ? undefined : objects[to]
    if (to !== null && next) {
      event.preventDefault()
      scrollTo(items.findIndex(item => item.key === next.key))
      onSelect(next.key)
      pending.current = to
      requestAnimationFrame(() => {
        if (pending.current !== to) return
        pending.current = null
        room.current?.querySelector<HTMLElement>(`[data-index="${to}"]`)?.focus()
      })
    } else if (object && event.key === ' ') {
      event.preventDefault()
      onSelect(object.key)
    } else if (object && event.key === 'Enter') {
      event.preventDefault()
      if (object.key === selected && onOpen) onOpen(object.key)
      else onSelect(object.key)
    }
  }

  const drawn = indices ?? items.map((_, index) => index)
  return (
    <>
      {objects.length > 0 && (
        <div ref={room} role="listbox" aria-label={label} className={css.list} onKeyDown={onKeyDown}>
          {before > 0 && <div style={{ height: before }} />}
          {drawn.map(at => {
            const item = items[at]
            if (item?.kind === 'group')
              return (
                <div key={item.key} className={css.group} role="presentation" ref={measure} data-at={at}>
                  {item.group.title}
                </div>
              )
            if (item?.kind !== 'row') return null
            const { row, index, key } = item
            const chosen = key === selected
            return (
              <div
                key={key}
                ref={measure}
                role="option"
                data-index={index}
                data-at={at}
                className={css.item}
                aria-selected={chosen}
                aria-setsize={objects.length}
                aria-posinset={index + 1}
                {...(row.group !== undefined && { 'aria-description': row.group })}
                tabIndex={chosen || (current < 0 && index === 0) ? 0 : -1}
                onClick={() => onSelect(key)}
                onDoubleClick={() => onOpen?.(key)}
              >
                {row.icon ? <Icon name={row.icon} decorative className={css.icon} /> : <span />}
                <div className={css.text}>
                  <span className="cell-main" title={row.title}>
                    {row.title}
                  </span>
                  {row.detail !== undefined && <span className="cell-sub">{row.detail}</span>}
                </div>
                {row.side !== undefined && <div className={css.side}>{row.side}</div>}
              </div>
            )
          })}
          {after > 0 && <div style={{ height: after }} />}
        </div>
      )}
      {objects.length === 0 && empty !== undefined && <div className={css.empty}>{empty}</div>}
      {foot !== undefined && <div className={css.foot}>{foot}</div>}
    </>
  )
}
