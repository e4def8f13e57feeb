import { type ReactNode, useId } from 'react'
import css from './checkbox.module.css'

export type CheckboxProps = {
  checked: boolean
  onChange: (checked: boolean) => void
  children: ReactNode
  /** The second line. */
  detail?: ReactNode
  /** Why it cannot be changed. */
  off?: string | null
  /** Some of what it stands for. */
  mixed?: boolean
}

/** Yes or no. */
export function Checkbox({ checked, onChange, children, detail, off = null, mixed = false }: CheckboxProps) {
  const id = useId()
  return (
    <label className={css.check}>
      <input
        type="checkbox"
        checked={checked}
        aria-disabled={off !== null || undefined}
        aria-describedby={detail !== undefined || off !== null ? id : undefined}
        ref={box => {
          if (box) box.indeterminate = mixed
        }}
        onChange={event => {
          if (off === null) onChange(event.currentTarget.checked)
        }}
      />
      <span>
        {children}
        {(detail !== undefined || off !== null) && (
          <span id={id} className={css.detail}>
            {detail}
            {off !== null && <span>{detail === undefined ? `Off: ${off}` : ` Off: ${off}`}</span>}
          </span>
        )}
      </span>
    </label>
  )
}
