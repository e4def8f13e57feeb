import type { ReactNode } from 'react'
import type { Tone } from '../base/tone.ts'
import { Icon } from '../icon/icon.tsx'
import type { IconName } from '../icon/icons.ts'
import { shapeOfTone, StatusMark } from '../status/status-mark.tsx'
import css from './notice.module.css'

export type NoticeProps = {
  tone: Tone
  children: ReactNode
  /** In place of the mark, for `idle`. */
  icon?: IconName
  actions?: ReactNode
  /** Said at once by screen readers: it came up by itself. */
  urgent?: boolean
}

/** A short reason, one or two lines, with what can be done about it. */
export function Notice({ tone, children, icon, actions, urgent = false }: NoticeProps) {
  return (
    <div className={css.notice} data-tone={tone} {...(urgent && { role: 'alert' })}>
      {icon === undefined && tone !== 'idle' ? (
        <StatusMark shape={shapeOfTone(tone)} tone={tone} className={css.mark} />
      ) : (
        <Icon name={icon ?? 'info'} decorative className={css.mark} />
      )}
      <div className={css.text}>{children}</div>
      {actions !== undefined && <div className={css.actions}>{actions}</div>}
    </div>
  )
}
