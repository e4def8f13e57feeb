import { type ReactNode, useEffect, useRef } from 'react'
import css from './wizard-page.module.css'
import { Stepper, type Step } from './stepper.tsx'

export type WizardPageProps = {
  steps: readonly Step[]
  /** What this step asks; it gets the focus when the step changes, unless `ownFocus`. */
  ask?: ReactNode
  help?: ReactNode
  children: ReactNode
  /** The step puts the focus somewhere itself, as the confirmation does. */
  ownFocus?: boolean
}

/** Steps at the left, one of them at the right. Back and Next belong into the page's header. */
export function WizardPage({ steps, ask, help, children, ownFocus = false }: WizardPageProps) {
  const now = steps.find(({ state }) => state === 'now')?.key
  const title = useRef<HTMLHeadingElement>(null)
  const arrived = useRef(now)
  useEffect(() => {
    if (arrived.current === now) return
    arrived.current = now
    if (!ownFocus) title.current?.focus()
  }, [now, ownFocus])
  return (
    <div className={css.wizard}>
      <Stepper steps={steps} />
      <div className={css.main} data-scroll="">
        {ask !== undefined && (
          <h2 ref={title} tabIndex={-1} className={css.ask}>
            {ask}
          </h2>
        )}
        {help !== undefined && <p className={css.help}>{help}</p>}
        {children}
      </div>
    </div>
  )
}
