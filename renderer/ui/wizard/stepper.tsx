import type { ReactNode } from 'react'
import { Icon } from '../icon/icon.tsx'
import css from './stepper.module.css'

export type Step = {
  key: string
  name: string
  /** `stale`: answered, but an earlier answer changed since. */
  state: 'done' | 'now' | 'later' | 'stale'
  answer?: ReactNode
  /** Leads back to a step that is done. */
  onGo?: (() => void) | undefined
}

const words = { done: 'done', now: '', later: '', stale: 'to be checked again' } as const

/** Steps with the answers so far. */
export function Stepper({ steps, label = 'Steps' }: { steps: readonly Step[]; label?: string }) {
  return (
    <ol className={css.stepper} aria-label={label}>
      {steps.map(({ key, name, state, answer, onGo }, index) => (
        <li
          key={key}
          className={css.step}
          data-state={state}
          {...(state === 'now' && { 'aria-current': 'step' })}
        >
          <span className={css.dot} aria-hidden>
            {state === 'done' ? <Icon name="check" decorative size="small" /> : index + 1}
          </span>
          {onGo ? (
            <button type="button" className={css.go} onClick={onGo}>
              {name}
            </button>
          ) : (
            <span className={css.name}>{name}</span>
          )}
          {words[state] !== '' && <span className="visually-hidden">, {words[state]}</span>}
          {(answer !== undefined || state === 'stale') && (
            <span className={css.answer}>
              {answer}
              {state === 'stale' && <span className={css.stale}>Unchecked: an earlier answer changed</span>}
            </span>
          )}
        </li>
      ))}
    </ol>
  )
}
