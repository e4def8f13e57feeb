import { useEffect, useRef, useState } from 'react'
import { Button } from '../action/button.tsx'
import { cx } from '../base/cx.ts'
import { useFieldControl } from './field.tsx'
import css from './input.module.css'
import { TextArea, TextField } from './text-field.tsx'

export type SecretFieldProps = {
  /** What is being typed; null: what is stored stays. */
  value: string | null
  onChange: (value: string | null) => void
  /** Whether one is stored; its text can never be shown. */
  stored: boolean
  /** At most four last characters to tell one from another; never of a secret itself. */
  hint?: string | null
  /** Of several lines: a private key. */
  lines?: boolean
  /** What it is, for screen readers: `Secret key`. */
  name: string
}

/** A secret: goes in, never comes out. A stored one shows dots and *Replace*. Goes into a `<Field>`. */
export function SecretField({ value, onChange, stored, hint, lines = false, name }: SecretFieldProps) {
  const names = useFieldControl()
  const typing = value !== null || !stored
  const [asked, setAsked] = useState(false)
  const room = useRef<HTMLSpanElement>(null)
  useEffect(() => {
    if (asked) room.current?.querySelector<HTMLElement>('input, textarea')?.focus()
  }, [asked])
  if (!typing)
    return (
      <span className={css.row}>
        <input
          {...names}
          className={cx(css.input, css.code, css.readonly)}
          readOnly
          value={`${hint ? '••••••••' : '••••••••••••'}${hint ?? ''}`}
          aria-label={hint ? `${name}: stored, ends in ${hint}` : `${name}: stored`}
        />
        <Button
          aria-label={`Replace ${name}`}
          onClick={() => {
            setAsked(true)
            onChange('')
          }}
        >
          Replace
        </Button>
      </span>
    )
  return (
    <span className={css.row} ref={room}>
      {lines ? (
        <TextArea value={value ?? ''} onChange={onChange} code rows={4} />
      ) : (
        <TextField value={value ?? ''} onChange={onChange} secret code />
      )}
      {stored && (
        <Button
          aria-label={`Keep the stored ${name}`}
          onClick={() => {
            setAsked(false)
            onChange(null)
          }}
        >
          Keep stored
        </Button>
      )}
    </span>
  )
}
