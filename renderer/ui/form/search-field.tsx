import { Icon } from '../icon/icon.tsx'
import { cx } from '../base/cx.ts'
import css from './input.module.css'

export type SearchFieldProps = {
  value: string
  onChange: (value: string) => void
  /** Its name and its placeholder: `Find a file in every backup`. */
  label: string
  onEnter?: () => void
  className?: string | undefined
}

/** The search of a page: the key `/` leads here, Escape empties it. */
export function SearchField({ value, onChange, label, onEnter, className }: SearchFieldProps) {
  return (
    <span className={cx(css.search, className)}>
      <Icon name="search" decorative />
      <input
        type="search"
        className={css.input}
        value={value}
        placeholder={label}
        aria-label={label}
        autoComplete="off"
        spellCheck={false}
        data-search=""
        onChange={event => onChange(event.currentTarget.value)}
        onKeyDown={event => {
          if (event.key === 'Enter') onEnter?.()
          if (event.key !== 'Escape' || value === '') return
          event.preventDefault()
          event.stopPropagation()
          onChange('')
        }}
      />
    </span>
  )
}
