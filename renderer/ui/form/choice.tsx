import { type ReactNode, useId } from 'react'
import { cx } from '../base/cx.ts'
import { useFieldGroup } from './field.tsx'
import css from './choice.module.css'

export type ChoiceProps<V extends string> = {
  value: V | null
  onChange: (value: V) => void
  options: readonly {
    value: V
    title: ReactNode
    /** The second line. */
    detail?: ReactNode
    /** At the right: a status, a figure. */
    side?: ReactNode
    /** Why it cannot be chosen. */
    off?: string | null
  }[]
  /** Only without a `<Field group>` around it. */
  label?: string
}

/** One of some answers that need a line each: a step of a wizard, a policy. Goes into a `<Field group>`. */
export function Choice<V extends string>({ value, onChange, options, label }: ChoiceProps<V>) {
  const name = useId()
  return (
    <div
      className={css.choice}
      role="radiogroup"
      {...useFieldGroup()}
      {...(label && { 'aria-label': label })}
    >
      {options.map(option => (
        <label key={option.value} className={cx(css.row, option.off && css.off)}>
          <input
            type="radio"
            name={name}
            checked={value === option.value}
            aria-disabled={option.off ? true : undefined}
            onChange={() => {
              if (!option.off) onChange(option.value)
            }}
          />
          <span className={css.text}>
            <span className={css.title}>{option.title}</span>
            {option.detail !== undefined && <span className={css.detail}>{option.detail}</span>}
            {option.off && <span className={css.detail}>Off: {option.off}</span>}
          </span>
          {option.side !== undefined && <span className={css.side}>{option.side}</span>}
        </label>
      ))}
    </div>
  )
}
