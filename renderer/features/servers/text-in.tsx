import { Field, TextField } from '../../ui/index.ts'
import type { ServerForm } from './use-server-form.ts'

type TextProps = {
  form: ServerForm
  /** As the engine names it. */
  path: string
  label: string
  hint?: string
  placeholder?: string
  optional?: boolean
  plain?: boolean
  numeric?: boolean
}

/** One field of the form, with what is wrong with it. */
export function TextIn({ form, path, label, hint, placeholder, optional, plain, numeric }: TextProps) {
  return (
    <Field
      label={label}
      error={form.wrong[path]}
      {...(hint !== undefined && { hint })}
      {...(optional && { optional })}
    >
      <TextField
        code={!plain}
        value={form.draft.text[path] ?? ''}
        onChange={value => form.set(path, value)}
        {...(placeholder !== undefined && { placeholder })}
        {...(numeric && { inputMode: 'numeric' })}
      />
    </Field>
  )
}
