import type { ReactNode } from 'react'
import type { Tone } from '../base/tone.ts'
import { type MarkShape, StatusMark } from '../status/status-mark.tsx'
import css from './phase-list.module.css'

export type Phase = {
  key: string
  name: string
  state: 'done' | 'now' | 'later' | 'stalled' | 'paused' | 'interrupted' | 'failed' | 'cancelled' | 'skipped'
  /** `3 s`; for one to come an estimate: `1–2 min`. */
  time?: ReactNode
  detail?: ReactNode
}

const looks: Record<Phase['state'], { shape: MarkShape; tone: Tone; word: string }> = {
  done: { shape: 'ok', tone: 'ok', word: 'done' },
  now: { shape: 'run', tone: 'run', word: 'now' },
  later: { shape: 'later', tone: 'idle', word: 'to come' },
  stalled: { shape: 'warn', tone: 'warn', word: 'stalled' },
  paused: { shape: 'paused', tone: 'run', word: 'paused' },
  interrupted: { shape: 'warn', tone: 'warn', word: 'interrupted' },
  failed: { shape: 'bad', tone: 'bad', word: 'failed' },
  cancelled: { shape: 'cancelled', tone: 'idle', word: 'cancelled' },
  skipped: { shape: 'skipped', tone: 'idle', word: 'skipped' },
}

/** The phases of a run; the coming ones show an estimate and where it comes from. */
export function PhaseList({ phases }: { phases: readonly Phase[] }) {
  return (
    <ol aria-label="Phases">
      {phases.map(({ key, name, state, time, detail }) => {
        const { shape, tone, word } = looks[state]
        return (
          <li key={key} className={css.phase} data-state={state}>
            <StatusMark shape={shape} tone={tone} turning={state === 'now'} className={css.mark} />
            <span className={css.name}>
              {name}
              <span className="visually-hidden">, {word}</span>
            </span>
            <span className={css.time}>{time}</span>
            {detail !== undefined && <span className={css.detail}>{detail}</span>}
          </li>
        )
      })}
    </ol>
  )
}
