import { cx } from '../base/cx.ts'
import { Icon } from '../icon/icon.tsx'
import { useFieldControl } from './field.tsx'
import css from './input.module.css'

export type SelectProps<V extends string> = {
  value: V | null
  onChange: (value: V) => void
  options: readonly { value: V; text: string; off?: boolean }[]
  /** Shown while nothing is chosen. */
  placeholder?: string
  /** Only without a `<Field>` around it. */
  label?: string
  className?: string | undefined
}

/** One of many. The browser's own: its list is above dialogs, and known to every screen reader. Goes into a `<Field>`. */
export function Select<V extends string>(props: SelectProps<V>) {
  const { value, onChange, options, placeholder, label, className } = props
  return (
    <span className={cx(css.selectRoom, className)}>
      <select
        {...useFieldControl()}
        className={cx(css.input, css.select)}
        value={value ?? ''}
        aria-label={label}
        onChange={event => {
          const chosen = options.find(option => option.value === event.currentTarget.value)
          if (chosen) onChange(chosen.value)
        }}
      >
        {value === null && (
          <option value="" disabled>
            {placeholder ?? 'Choose'}
          </option>
        )}
        {options.map(option => (
          <option key={option.value} value={option.value} disabled={option.off}>
            {option.text}
          </option>
        ))}
      </select>
      <Icon name="chevron-down" decorative />
    </span>
  )
}
