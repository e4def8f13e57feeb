import { createContext, type ReactNode, use, useId } from 'react'
import { cx } from '../base/cx.ts'
import { StatusMark } from '../status/status-mark.tsx'
import css from './field.module.css'

type FieldNames = { control: string; describedBy: string | undefined; labelledBy: string; invalid: boolean }
const FieldContext = createContext<FieldNames | null>(null)

export type FieldProps = {
  label: ReactNode
  /** One input of this folder; it takes its names from here. */
  children: ReactNode
  /** One line below: what is expected, an example. */
  hint?: ReactNode
  /** One line with the fix; null or absent: it is right. */
  error?: string | null | undefined
  optional?: boolean
  /** For what is a group of inputs (Segmented, Choice, SecretField): the label is no `<label>` then. */
  group?: boolean
  className?: string | undefined
}

/** A label, an input, and what is wrong with it, tied together for screen readers. */
export function Field({
  label,
  children,
  hint,
  error,
  optional = false,
  group = false,
  className,
}: FieldProps) {
  const id = useId()
  const wrong = error !== undefined && error !== null && error !== ''
  const described = [wrong && `${id}-error`, hint !== undefined && `${id}-hint`].filter(Boolean).join(' ')
  const names: FieldNames = {
    control: `${id}-control`,
    describedBy: described === '' ? undefined : described,
    labelledBy: `${id}-label`,
    invalid: wrong,
  }
  const words = (
    <>
      {label}
      {optional && <span className={css.optional}> optional</span>}
    </>
  )
  return (
    <FieldContext value={names}>
      <div className={cx(css.field, wrong && css.bad, className)} data-wrong={wrong || undefined}>
        {group ? (
          <span id={names.labelledBy} className={css.label}>
            {words}
          </span>
        ) : (
          <label id={names.labelledBy} className={css.label} htmlFor={names.control}>
            {words}
          </label>
        )}
        {children}
        {wrong && (
          <span id={`${id}-error`} className={css.error} role="alert">
            <StatusMark shape="bad" size="small" className={css.errorMark} />
            <span>{error}</span>
          </span>
        )}
        {hint !== undefined && (
          <span id={`${id}-hint`} className="note">
            {hint}
          </span>
        )}
      </div>
    </FieldContext>
  )
}

/** Attributes of a single input inside a `<Field>`; empty outside of one. */
export function useFieldControl() {
  const names = use(FieldContext)
  if (!names) return {}
  return {
    id: names.control,
    'aria-describedby': names.describedBy,
    'aria-invalid': names.invalid || undefined,
  }
}

/** Attributes of a group of inputs inside a `<Field group>`. */
export function useFieldGroup() {
  const names = use(FieldContext)
  if (!names) return {}
  return { 'aria-labelledby': names.labelledBy, 'aria-describedby': names.describedBy }
}
