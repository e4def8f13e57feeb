import type { ReactNode } from 'react'
import { cx } from '../base/cx.ts'
import { type MarkShape, StatusMark } from '../status/status-mark.tsx'
import css from './probe-list.module.css'

export const probeStates = ['pass', 'learned', 'look', 'limit', 'failed', 'asking', 'not-tried'] as const
export type ProbeState = (typeof probeStates)[number]

const shapes: Record<ProbeState, MarkShape> = {
  pass: 'ok',
  learned: 'ok',
  look: 'warn',
  limit: 'limit',
  failed: 'bad',
  asking: 'run',
  'not-tried': 'open',
}
const words: Record<ProbeState, string> = {
  pass: 'Passed',
  learned: 'Learned',
  look: 'Look',
  limit: 'Limit',
  failed: 'Failed',
  asking: 'Asking',
  'not-tried': 'Not tried',
}

export type Probe = {
  key: string
  name: string
  state: ProbeState
  finding?: ReactNode
  /** `12 ms` */
  time?: string
}

/** What was tried on a server, what was found, how long it took. Worst first is the caller's order. */
export function ProbeList({
  probes,
  label,
  names = '8.25rem',
}: {
  probes: readonly Probe[]
  label: string
  names?: string
}) {
  return (
    <ul className={css.list} aria-label={label}>
      {probes.map(({ key, name, state, finding, time }) => (
        <li
          key={key}
          className={css.row}
          style={{ gridTemplateColumns: `auto ${names} minmax(0, 1fr) auto` }}
          data-state={state}
        >
          <StatusMark shape={shapes[state]} turning={state === 'asking'} className={css.mark} />
          <span className={css.name}>{name}</span>
          <span className={css.finding}>
            {state === 'learned' ? <span className="tag">Learned</span> : null}{' '}
            {state === 'not-tried' && finding === undefined ? (
              <span className="muted">Not tried</span>
            ) : (
              <>
                <span className="visually-hidden">{words[state]}: </span>
                {finding}
              </>
            )}
          </span>
          <span className={css.time}>{time}</span>
        </li>
      ))}
    </ul>
  )
}

/** What passed, two to a line: name and finding. */
export function CheckGrid({ checks, label }: { checks: readonly Probe[]; label: string }) {
  return (
    <ul className={css.grid} aria-label={label}>
      {checks.map(({ key, name, state, finding }) => (
        <li key={key} className={css.cell}>
          <StatusMark shape={shapes[state]} turning={state === 'asking'} className={css.mark} />
          <span>{name}</span>
          <span className={cx(css.finding, 'muted')}>
            <span className="visually-hidden">{words[state]}: </span>
            {finding}
          </span>
        </li>
      ))}
    </ul>
  )
}
