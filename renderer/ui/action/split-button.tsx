import { Icon } from '../icon/icon.tsx'
import type { IconName } from '../icon/icons.ts'
import { Button } from './button.tsx'
import { Menu, type MenuItem } from './menu.tsx'
import css from './split-button.module.css'

export type SplitButtonProps = {
  text: string
  onClick: () => void
  icon?: IconName
  kind?: 'primary' | 'plain'
  /** What the arrow is called: `Add a server of another type`. */
  menuLabel: string
  items: readonly MenuItem[]
  /** Turns both halves off. */
  off?: string | null
  pagePrimary?: boolean
}

/** The usual deed, and its kin behind an arrow. */
export function SplitButton(props: SplitButtonProps) {
  const { text, onClick, icon, kind = 'primary', menuLabel, items, off = null, pagePrimary = false } = props
  if (off !== null)
    return (
      <Button kind={kind} icon={icon} off={off} offAt="beside">
        {text}
      </Button>
    )
  return (
    <span className={css.group} data-kind={kind}>
      <Button kind={kind} icon={icon} onClick={onClick} pagePrimary={pagePrimary} className={css.first}>
        {text}
      </Button>
      <Menu label={menuLabel} items={items}>
        <button type="button" className={css.arrow} aria-label={menuLabel}>
          <Icon name="chevron-down" decorative />
        </button>
      </Menu>
    </span>
  )
}
