import * as Radix from '@radix-ui/react-dropdown-menu'
import { Fragment, type ReactNode } from 'react'
import { cx } from '../base/cx.ts'
import { Icon } from '../icon/icon.tsx'
import type { IconName } from '../icon/icons.ts'
import css from './menu.module.css'

export type MenuItem =
  | {
      id: string
      text: string
      icon?: IconName
      /** A small frame after the words: `Default`. */
      tag?: string
      /** A key that picks it while the menu is open. */
      key?: string
      danger?: boolean
      /** Why it cannot be picked: shown below the words. */
      off?: string | null
      /** Set for a choice that can be on: a tick is drawn. */
      checked?: boolean
      onPick: () => void
    }
  | { id: string; rule: true }

export type MenuProps = {
  label: string
  items: readonly MenuItem[]
  /** The button that opens it. */
  children: ReactNode
  align?: 'start' | 'end'
}

/** A list of deeds behind a button. */
export function Menu({ label, items, children, align = 'end' }: MenuProps) {
  const byKey = (pressed: string) => items.find(item => 'key' in item && item.key === pressed)
  return (
    <Radix.Root modal={false}>
      <Radix.Trigger asChild>{children}</Radix.Trigger>
      <Radix.Portal>
        <Radix.Content
          className={css.menu}
          align={align}
          sideOffset={4}
          collisionPadding={8}
          aria-label={label}
          onKeyDown={event => {
            const item = byKey(event.key)
            if (!item || !('onPick' in item) || item.off) return
            event.preventDefault()
            item.onPick()
            event.currentTarget.dispatchEvent(new KeyboardEvent('keydown', { key: 'Escape', bubbles: true }))
          }}
        >
          {items.map(item => (
            <Fragment key={item.id}>
              {'rule' in item ? <Radix.Separator className={css.rule} /> : <Item item={item} />}
            </Fragment>
          ))}
        </Radix.Content>
      </Radix.Portal>
    </Radix.Root>
  )
}

function Item({ item }: { item: Exclude<MenuItem, { rule: true }> }) {
  const off = item.off ?? null
  return (
    <Radix.Item
      className={cx(css.item, item.danger && css.danger)}
      textValue={item.text}
      aria-disabled={off !== null || undefined}
      onSelect={event => {
        if (off === null) item.onPick()
        else event.preventDefault()
      }}
    >
      {item.icon && <Icon name={item.icon} decorative />}
      {item.checked !== undefined && (
        <span className={css.tick}>{item.checked && <Icon name="check" label="chosen" />}</span>
      )}
      <span className={css.words}>
        {item.text}
        {off !== null && <span className={css.why}>{off}</span>}
      </span>
      {item.tag !== undefined && <span className="tag">{item.tag}</span>}
      {item.key !== undefined && <kbd className={css.key}>{item.key}</kbd>}
    </Radix.Item>
  )
}
