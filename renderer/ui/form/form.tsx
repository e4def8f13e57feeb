import type { FormEvent, ReactNode } from 'react'
import { cx } from '../base/cx.ts'
import css from './form.module.css'

export type FormProps = {
  label: string
  /** Enter in a field, or a submit button. */
  onSubmit: () => void
  children: ReactNode
  className?: string | undefined
}

/** A form in one column; `<FormRow>` puts fields side by side. */
export function Form({ label, onSubmit, children, className }: FormProps) {
  return (
    <form
      className={cx(css.form, className)}
      aria-label={label}
      noValidate
      onSubmit={(event: FormEvent) => {
        event.preventDefault()
        onSubmit()
      }}
    >
      {children}
    </form>
  )
}

/** Fields side by side. `columns` as in CSS: `minmax(0, 1fr) 6rem`. */
export function FormRow({ columns, children }: { columns?: string; children: ReactNode }) {
  return (
    <div className={css.row} style={{ gridTemplateColumns: columns ?? 'repeat(2, minmax(0, 1fr))' }}>
      {children}
    </div>
  )
}

/** The buttons of a form, and the reason of one that is off. */
export function FormFoot({ children }: { children: ReactNode }) {
  return <div className={css.foot}>{children}</div>
}
