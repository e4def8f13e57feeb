import type { ReactNode } from 'react'
import { StatusMark } from '../status/status-mark.tsx'
import css from './confirm-box.module.css'

export type ConfirmBoxProps = {
  /** What is about to happen, as one sentence. */
  sentence: ReactNode
  /** Whether something that is there now goes. */
  harmful: boolean
  goes: { title: ReactNode; lines: readonly ReactNode[] }
  stays: { title: ReactNode; lines: readonly ReactNode[] }
  back: { title: ReactNode; lines: readonly ReactNode[] }
  /** A `TypedConfirm`. */
  children: ReactNode
}

/** Before harm: what goes, what stays, what undoes it; then the name, typed. */
export function ConfirmBox({ sentence, harmful, goes, stays, back, children }: ConfirmBoxProps) {
  const lists = [
    { ...goes, shape: harmful ? ('erase' as const) : ('created' as const), key: 'goes' },
    { ...stays, shape: 'skipped' as const, key: 'stays' },
    { ...back, shape: 'back' as const, key: 'back' },
  ]
  return (
    <section className={css.box} data-harmful={harmful} aria-label="Confirm">
      <p className={css.sentence}>{sentence}</p>
      <div className={css.body}>
        <div className={css.lists}>
          {lists.map(({ key, title, lines, shape }) => (
            <div key={key}>
              <h2 className={css.title}>
                <StatusMark shape={shape} />
                {title}
              </h2>
              <ul>
                {lines.map((line, index) => (
                  <li key={index} className={css.line}>
                    {line}
                  </li>
                ))}
              </ul>
            </div>
          ))}
        </div>
        <div className={css.type}>{children}</div>
      </div>
    </section>
  )
}
