import { useId } from 'react'
import { useFieldGroup } from './field.tsx'
import css from './segmented.module.css'

export type SegmentedProps<V extends string> = {
  value: V | null
  onChange: (value: V) => void
  options: readonly { value: V; text: string; off?: string | null }[]
  /** Only without a `<Field group>` around it. */
  label?: string
}

/** One of two to five short answers, side by side. Goes into a `<Field group>`. */
export function Segmented<V extends string>({ value, onChange, options, label }: SegmentedProps<V>) {
  const name = useId()
  return (
    <div
      className={css.segmented}
      role="radiogroup"
      {...useFieldGroup()}
      {...(label && { 'aria-label': label })}
    >
      {options.map(option => (
        <label key={option.value} className={css.item} title={option.off ?? undefined}>
          <input
            type="radio"
            className="visually-hidden"
            name={name}
            checked={value === option.value}
            aria-disabled={option.off ? true : undefined}
            onChange={() => {
              if (!option.off) onChange(option.value)
            }}
          />
          {option.text}
          {option.off && <span className="visually-hidden">, off: {option.off}</span>}
        </label>
      ))}
    </div>
  )
}
