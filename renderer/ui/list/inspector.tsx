import { type ReactNode, useId } from 'react'
import css from './inspector.module.css'

export type InspectorProps = {
  title: ReactNode
  /** Below the title: a line, a status. */
  lead?: ReactNode
  /** Buttons at the right of the title. */
  actions?: ReactNode
  children: ReactNode
}

/** All of the one thing that is chosen. */
export function Inspector({ title, lead, actions, children }: InspectorProps) {
  const id = useId()
  return (
    <section className={css.inspector} aria-labelledby={id}>
      <div className={css.head}>
        <div className={css.title}>
          <h2 id={id} className="breakable" tabIndex={-1} data-inspector-title="">
            {title}
          </h2>
          {lead !== undefined && <div className="muted">{lead}</div>}
        </div>
        {actions !== undefined && <div className={css.actions}>{actions}</div>}
      </div>
      {children}
    </section>
  )
}

/** A part of an inspector, with a rule above. */
export function InspectorPart({ title, children }: { title: ReactNode; children: ReactNode }) {
  return (
    <section className={css.part}>
      <h3>{title}</h3>
      {children}
    </section>
  )
}
