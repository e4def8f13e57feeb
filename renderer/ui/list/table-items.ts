import type { ReactNode } from 'react'

/** The heading of some rows that follow each other. */
export type TableGroup = { key: string; title: ReactNode; note?: ReactNode }

export type TableItem<T> =
  | { kind: 'group'; key: string; group: TableGroup }
  | { kind: 'row'; key: string; row: T; index: number }
  | { kind: 'detail'; key: string; row: T }

/** Rows with their headings and details, in the order in which they are drawn. */
export function tableItems<T>(
  rows: readonly T[],
  rowKey: (row: T) => string,
  groupOf: ((row: T) => TableGroup) | undefined,
  open: ReadonlySet<string>,
): TableItem<T>[] {
  const items: TableItem<T>[] = []
  let last: string | null = null
  rows.forEach((row, index) => {
    const group = groupOf?.(row)
    if (group && group.key !== last) {
      items.push({ kind: 'group', key: `group:${group.key}:${index}`, group })
      last = group.key
    }
    const key = rowKey(row)
    items.push({ kind: 'row', key, row, index })
    if (open.has(key)) items.push({ kind: 'detail', key: `detail:${key}`, row })
  })
  return items
}

/** Where a key leads among `count` rows; null: the key is no move. */
export function rowMove(key: string, from: number, count: number, page = 10): number | null {
  const clamp = (index: number) => Math.max(0, Math.min(count - 1, index))
  switch (key) {
    case 'ArrowDown':
      return clamp(from + 1)
    case 'ArrowUp':
      return clamp(from - 1)
    case 'PageDown':
      return clamp(from + page)
    case 'PageUp':
      return clamp(from - page)
    case 'Home':
      return clamp(0)
    case 'End':
      return clamp(count - 1)
    default:
      return null
  }
}
