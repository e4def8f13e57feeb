import { useState } from 'react'
import type { Failure } from '../../../shared/failure.ts'
import { useCall, useDeed } from '../../app/app-context.tsx'
import { Button, Field, Status, TextField } from '../../ui/index.ts'
import css from './director.module.css'

type ValueFieldProps = {
  label: string
  /** What stands there, with changes; empty for nothing. */
  value: string
  /** Taken when the field is left or Enter is pressed. */
  onValue: (value: string) => void
  /** Why what is typed cannot be taken; null: it can. */
  refuse?: (typed: string) => string | null
  /** Whether it differs from the file. */
  changed: boolean
  optional?: boolean
  hint?: string
}

/** A value of `master.yml`. Nothing is taken while it is half typed. */
export function ValueField(props: ValueFieldProps) {
  const { label, value, onValue, refuse, changed, optional, hint } = props
  const [typed, setTyped] = useState(value)
  const [seen, setSeen] = useState(value)
  if (seen !== value) {
    setSeen(value)
    setTyped(value)
  }
  const why = typed === value ? null : (refuse?.(typed) ?? null)
  const take = () => {
    if (typed !== value && why === null) onValue(typed)
  }
  // Heard on its way up, so that Ctrl+Enter takes the value and then goes on.
  return (
    <div
      onKeyDown={event => {
        if (event.key === 'Enter') take()
      }}
    >
      <Field
        label={changed ? <ChangedLabel label={label} /> : label}
        error={why}
        {...(optional && { optional: true })}
        {...(hint !== undefined && { hint })}
      >
        <TextField code value={typed} onChange={setTyped} onBlur={take} />
      </Field>
    </div>
  )
}

function ChangedLabel({ label }: { label: string }) {
  return (
    <>
      {label} <span className="tag">changed</span>
    </>
  )
}

const whyNotKept = ({ code }: Failure): string =>
  code === 'auth.vault-locked'
    ? 'The vault is locked; unlock it under Settings.'
    : 'The vault did not take it; try again.'

type PasswordFieldProps = {
  label: string
  changed: boolean
  onDraft: (draft: string) => void
  onUndo: () => void
}

/** A password of `master.yml`: goes to the vault at once, and into the file only when the restore begins. */
export function PasswordField({ label, changed, onDraft, onUndo }: PasswordFieldProps) {
  const call = useCall()
  const [typed, setTyped] = useState('')
  const keep = useDeed((options, secret: string) => call('director.draft', { secret }, options))
  const take = async () => {
    if (typed === '') return
    const answer = await keep.run(typed)
    if (!answer?.ok) return
    setTyped('')
    onDraft(answer.value.draft)
  }
  if (changed)
    return (
      <Field label={label} group>
        <span className={css.secret}>
          <Status is="Open" says="New, kept in the vault" quiet />
          <Button size="small" onClick={onUndo} aria-label={`Keep the ${label} of the file`}>
            Keep the one of the file
          </Button>
        </span>
      </Field>
    )
  return (
    <Field label={label} error={keep.failure && whyNotKept(keep.failure)}>
      <span className={css.secret}>
        <TextField
          secret
          code
          value={typed}
          onChange={setTyped}
          placeholder="stays as in the file"
          onEnter={() => void take()}
        />
        {typed !== '' && (
          <Button size="small" busy={keep.busy} onClick={() => void take()}>
            Use it
          </Button>
        )}
      </span>
    </Field>
  )
}
