import { type ReactNode, useId, useState } from 'react'
import type { Failure } from '../../../shared/failure.ts'
import { type Around, describeFailure } from '../../../shared/failure-copy.ts'
import { windowAdvice } from '../../../shared/window-advice.ts'
import { Button } from '../action/button.tsx'
import { StatusMark } from '../status/status-mark.tsx'
import { visibleControls } from './visible-controls.ts'
import css from './trouble.module.css'

export type TroubleProps = {
  failure: Failure
  /** What is known around it, so that the advice can name it. */
  around?: Around
  /** In place of the general title: what was wanted. */
  title?: ReactNode
  /** Better advice than the general one, where the page knows more than the failure. */
  todo?: ReactNode
  /** Buttons that do what is advised. */
  actions?: ReactNode
  /** When it happened, `14:47:02`, and where its log is. */
  at?: string
  log?: string
}

/** A full failure, beside the control that caused it: what happened, what is safe, what to do. */
export function Trouble({ failure, around, title, todo, actions, at, log }: TroubleProps) {
  const id = useId()
  const [copied, setCopied] = useState<'no' | 'yes' | 'not'>('no')
  const words = describeFailure(failure, around)
  const general = windowAdvice(failure, words.todo, around)
  const advice = todo ?? (general === '' ? undefined : advise(visibleControls(general)))
  // A name keeps its letters; a sentence begins with a capital.
  const told = visibleControls(failure.subject === undefined ? capital(words.title) : words.title)
  const copy = async () => {
    const lines = [
      words.title,
      `Code: ${failure.code}`,
      `During: ${failure.during}`,
      at && `At: ${at}`,
      log && `Log: ${log}`,
    ]
    try {
      await navigator.clipboard.writeText(lines.filter(Boolean).join('\n'))
      setCopied('yes')
    } catch {
      setCopied('not')
    }
  }
  return (
    <section className={css.trouble} role="alert" aria-labelledby={id}>
      <div className={css.head} id={id}>
        <StatusMark shape="bad" className={css.mark} />
        <span>{title ?? told}</span>
      </div>
      <dl className={css.body}>
        {title !== undefined && (
          <>
            <dt>What happened</dt>
            <dd>{sentence(told)}</dd>
          </>
        )}
        <dt>Still safe</dt>
        <dd>{words.safe}</dd>
        {(advice !== undefined || actions !== undefined) && (
          <>
            <dt>What to do</dt>
            <dd>
              {advice}
              {actions !== undefined && <div className={css.actions}>{actions}</div>}
            </dd>
          </>
        )}
      </dl>
      <div className={css.foot}>
        <span>{failure.code}</span>
        {at !== undefined && <span>{at}</span>}
        {log !== undefined && <span>log {log}</span>}
        <Button kind="quiet" size="small" className={css.copy} onClick={() => void copy()}>
          {copied === 'yes' ? 'Copied' : copied === 'not' ? 'Copying was refused' : 'Copy for support'}
        </Button>
      </div>
    </section>
  )
}

const capital = (text: string) => text.charAt(0).toUpperCase() + text.slice(1)
const sentence = (text: string) => `${text}${/[.!?]$/.test(text) ? '' : '.'}`
/** Commands in the advice are set in the code face. */
function advise(text: string): ReactNode {
  return text
    .split(/(\bdrydock(?: [a-z-]+)+(?: --?[a-z-]+| [A-Z]+)*)/)
    .map((part, index) => (index % 2 ? <code key={index}>{part}</code> : part))
}
