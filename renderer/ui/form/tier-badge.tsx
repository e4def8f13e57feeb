import type { ReactNode } from 'react'
import { Icon } from '../icon/icon.tsx'
import css from './tier-badge.module.css'

export type Tier = 'keychain' | 'passphrase' | 'memory'

const tiers = {
  keychain: {
    name: 'System keychain',
    icon: 'lock-keyhole',
    text: 'Opens with your login. Scheduled runs can use it while you are logged in.',
  },
  passphrase: {
    name: 'Passphrase vault',
    icon: 'lock',
    text: 'Opens with a passphrase. Scheduled runs need one unlock after each start.',
  },
  memory: {
    name: 'This session only',
    icon: 'hourglass',
    text: 'Kept in memory, gone when Drydock ends. Scheduled runs cannot use it.',
  },
} as const

/** How people call a tier. */
export const tierName = (tier: Tier) => tiers[tier].name

export type TierBadgeProps = {
  tier: Tier
  /** In place of the usual words: where exactly, a warning, a link. */
  children?: ReactNode
  /** `Secrets: ` before the name. */
  prefix?: string
}

/** Where secrets are kept. Always by name; plain text on a disk is no tier. */
export function TierBadge({ tier, children, prefix = '' }: TierBadgeProps) {
  const { name, icon, text } = tiers[tier]
  return (
    <div className={css.tier}>
      <Icon name={icon} decorative className={css.icon} />
      <span className={css.name}>
        {prefix}
        {name}
      </span>
      <span className={css.text}>{children ?? text}</span>
    </div>
  )
}
