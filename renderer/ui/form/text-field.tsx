import type { ComponentProps, ReactNode, Ref } from 'react'
import { cx } from '../base/cx.ts'
import { useFieldControl } from './field.tsx'
import css from './input.module.css'

type Shared = {
  value: string
  onChange: (value: string) => void
  /** Set in the code face: names, paths, addresses. */
  code?: boolean
  readOnly?: boolean
  placeholder?: string
  /** Only without a `<Field>` around it. */
  label?: string
  onBlur?: () => void
}

export type TextFieldProps = Shared & {
  /** What is typed is hidden, and no password manager is invited. */
  secret?: boolean
  /** Behind the input: `MB/s`. */
  unit?: ReactNode
  inputMode?: 'numeric' | 'decimal' | 'url'
  autoFocus?: boolean
  onEnter?: () => void
  ref?: Ref<HTMLInputElement>
} & Pick<ComponentProps<'input'>, 'name' | 'maxLength' | 'list' | 'required'>

/** One line of text. Goes into a `<Field>`. */
export function TextField(props: TextFieldProps) {
  const { value, onChange, code, readOnly, secret, unit, label, onEnter, ...rest } = props
  const names = useFieldControl()
  const input = (
    <input
      {...names}
      {...rest}
      type={secret ? 'password' : 'text'}
      className={cx(css.input, code && css.code)}
      value={value}
      readOnly={readOnly}
      aria-label={label}
      autoComplete={secret ? 'new-password' : 'off'}
      autoCapitalize="off"
      spellCheck={false}
      onChange={event => onChange(event.currentTarget.value)}
      onKeyDown={event => {
        if (event.key !== 'Enter' || !onEnter) return
        event.preventDefault()
        onEnter()
      }}
    />
  )
  if (unit === undefined) return input
  return (
    <span className={css.row}>
      {input}
      <span className={css.unit}>{unit}</span>
    </span>
  )
}

export type TextAreaProps = Shared & { rows?: number }

/** Some lines of text: a list with one item per line, a command, a key. Goes into a `<Field>`. */
export function TextArea({ value, onChange, code, label, rows = 4, ...rest }: TextAreaProps) {
  const names = useFieldControl()
  return (
    <textarea
      {...names}
      {...rest}
      className={cx(css.input, css.area, code && css.code)}
      rows={rows}
      value={value}
      aria-label={label}
      autoComplete="off"
      autoCapitalize="off"
      spellCheck={false}
      onChange={event => onChange(event.currentTarget.value)}
    />
  )
}
