import { type KeyboardEvent, useRef } from 'react'
import { Icon } from '../icon/icon.tsx'
import css from './tree.module.css'

export type TreeNode = {
  key: string
  name: string
  depth: number
  /** A leaf cannot be unfolded. */
  leaf: boolean
  /** A leaf that is a folder all the same: with nothing in it to unfold. */
  folder?: boolean
  open: boolean
  /** Its children are on their way. */
  asking?: boolean
  /** Its name matches what is searched. */
  found?: boolean
  note?: string
}

export type TreeProps = {
  label: string
  /** Only those in sight, in order: children directly after their parent, one deeper. */
  nodes: readonly TreeNode[]
  selected: string | null
  onSelect: (key: string) => void
  onToggle: (key: string) => void
  /** Enter. */
  onOpen?: (key: string) => void
}

/** Folders to unfold. Arrows move, right and left unfold and fold. */
export function Tree({ label, nodes, selected, onSelect, onToggle, onOpen }: TreeProps) {
  const room = useRef<HTMLUListElement>(null)
  const current = Math.max(
    0,
    nodes.findIndex(({ key }) => key === selected),
  )

  function go(index: number) {
    const node = nodes[index]
    if (!node) return
    onSelect(node.key)
    requestAnimationFrame(() => room.current?.querySelector<HTMLElement>(`[data-index="${index}"]`)?.focus())
  }

  function onKeyDown(event: KeyboardEvent) {
    const node = nodes[current]
    if (!node || event.altKey || event.ctrlKey || event.metaKey) return
    const parent = nodes.findLastIndex(({ depth }, index) => index < current && depth < node.depth)
    const deeds: Record<string, () => void> = {
      ArrowDown: () => go(current + 1),
      ArrowUp: () => go(current - 1),
      Home: () => go(0),
      End: () => go(nodes.length - 1),
      ArrowRight: () => (node.leaf ? undefined : node.open ? go(current + 1) : onToggle(node.key)),
      ArrowLeft: () => (node.open ? onToggle(node.key) : go(parent)),
      Enter: () => (onOpen ?? onToggle)(node.key),
      ' ': () => onSelect(node.key),
    }
    const deed = deeds[event.key]
    if (!deed) return
    event.preventDefault()
    deed()
  }

  return (
    <ul ref={room} role="tree" aria-label={label} className={css.tree} onKeyDown={onKeyDown}>
      {nodes.map((node, index) => (
        <li
          key={node.key}
          role="treeitem"
          data-index={index}
          className={css.node}
          aria-level={node.depth + 1}
          aria-selected={node.key === selected}
          {...(!node.leaf && { 'aria-expanded': node.open })}
          tabIndex={index === current ? 0 : -1}
          style={{ paddingLeft: `${0.5 + node.depth}rem` }}
          onClick={() => onSelect(node.key)}
          onDoubleClick={() => onToggle(node.key)}
        >
          {node.leaf ? (
            <span className={css.gap} />
          ) : (
            <span
              className={css.fold}
              onClick={event => {
                event.stopPropagation()
                onToggle(node.key)
              }}
            >
              <Icon name={node.open ? 'chevron-down' : 'chevron-right'} decorative />
            </span>
          )}
          <Icon name={node.leaf && !node.folder ? 'file' : node.open ? 'folder-open' : 'folder'} decorative />
          <span className="truncate" title={node.name}>
            {node.found ? <mark>{node.name}</mark> : node.name}
          </span>
          {(node.asking ?? false) && <span className="note">asking</span>}
          {node.note !== undefined && <span className="note">{node.note}</span>}
        </li>
      ))}
    </ul>
  )
}
