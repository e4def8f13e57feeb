import type { ReactNode } from 'react'
import type { Tone } from '../base/tone.ts'
import { StatusMark } from '../status/status-mark.tsx'
import css from './preflight.module.css'

export type PreflightItem = {
  key: string
  title: string
  tone: Extract<Tone, 'ok' | 'warn' | 'bad' | 'run' | 'idle'>
  finding: ReactNode
  fix?: ReactNode
  actions?: ReactNode
}

const words: Record<Tone, string> = {
  ok: 'Passed',
  warn: 'Look',
  bad: 'Stop',
  run: 'Asking',
  idle: 'Not tried',
}

/** The lines of a preflight that need reading: what was found, how to mend it. What passed goes into a `CheckGrid`. */
export function Preflight({
  items,
  label = 'Preflight',
}: {
  items: readonly PreflightItem[]
  label?: string
}) {
  return (
    <ul aria-label={label}>
      {items.map(({ key, title, tone, finding, fix, actions }) => (
        <li key={key} className={css.row} data-tone={tone}>
          <StatusMark shape={tone === 'idle' ? 'open' : tone} turning={tone === 'run'} className={css.mark} />
          <span className={css.title}>
            <span className="visually-hidden">{words[tone]}: </span>
            {title}
          </span>
          <div className={css.finding}>
            {finding}
            {fix !== undefined && (
              <span className={css.fix}>
                <b>Fix:</b> {fix}
              </span>
            )}
          </div>
          <div className={css.actions}>{actions}</div>
        </li>
      ))}
    </ul>
  )
}
