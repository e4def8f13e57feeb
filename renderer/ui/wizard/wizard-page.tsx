import { type ReactNode, useEffect, useRef } from 'react'
import css from './wizard-page.module.css'
import { Stepper, type Step } from './stepper.tsx'

export type WizardPageProps = {
  steps: readonly Step[]
  /** What this step asks; it gets the focus when the step changes, unless `ownFocus`. Without it the step itself does. */
  ask?: ReactNode
  help?: ReactNode
  children: ReactNode
  /** The step puts the focus somewhere itself, as the confirmation does. */
  ownFocus?: boolean
  /** Which of several sights a step shows: another takes the focus as another step does. */
  sight?: string
}

/** Steps at the left, one of them at the right. Back and Next belong into the page's header. */
export function WizardPage({ steps, ask, help, children, ownFocus = false, sight = '' }: WizardPageProps) {
  const now = steps.find(({ state }) => state === 'now')?.key
  const title = useRef<HTMLHeadingElement>(null)
  const room = useRef<HTMLDivElement>(null)
  const here = `${now ?? ''}/${sight}`
  const arrived = useRef(here)
  useEffect(() => {
    if (arrived.current === here) return
    arrived.current = here
    if (!ownFocus) (title.current ?? room.current)?.focus()
  }, [here, ownFocus])
  return (
    <div className={css.wizard}>
      <Stepper steps={steps} />
      <div ref={room} tabIndex={-1} className={css.main} data-scroll="">
        {ask !== undefined && (
          <h2 ref={title} tabIndex={-1} className={css.ask} data-wizard-ask="">
            {ask}
          </h2>
        )}
        {help !== undefined && <p className={css.help}>{help}</p>}
        {children}
      </div>
    </div>
  )
}
