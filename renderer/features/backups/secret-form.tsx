import { useState } from 'react'
import { Button, Field, Form, Segmented, TextArea, TextField } from '../../ui/index.ts'
import css from './backups.module.css'
import type { Secret } from './secrets.ts'

type Props = {
  /** What was given before did not open it. */
  wrong: boolean
  busy: boolean
  /** `Open`, `Use it` */
  deed?: string
  /** The field has the focus on arrival: there is nothing else on the page. */
  focus?: boolean
  onGive: (secret: Secret) => void
}

/** Asks for what opens an encrypted restore point: its passphrase, or an age identity. */
export function SecretForm({ wrong, busy, deed = 'Open', focus = false, onGive }: Props) {
  const [kind, setKind] = useState<'passphrase' | 'identity'>('passphrase')
  const [typed, setTyped] = useState('')
  const [told, setTold] = useState('')
  const give = () => {
    const value = kind === 'identity' ? typed.trim() : typed
    if (value === '' || busy) return
    setTold(typed)
    onGive(kind === 'passphrase' ? { passphrase: value } : { identity: value })
  }
  const error =
    wrong && typed === told
      ? kind === 'passphrase'
        ? 'This does not open it. Check keyboard layout and capital letters, or take the passphrase of that day.'
        : 'This identity does not open it. Take the one whose public key it was encrypted to.'
      : null
  return (
    <Form label="What opens this restore point" onSubmit={give}>
      <div className={css.secret}>
        <Field label="Encrypted with" group>
          <Segmented
            value={kind}
            onChange={next => {
              setKind(next)
              setTyped('')
            }}
            options={[
              { value: 'passphrase', text: 'Passphrase' },
              { value: 'identity', text: 'Identity' },
            ]}
          />
        </Field>
        {kind === 'passphrase' ? (
          <Field label="Passphrase" error={error} hint="Used now and forgotten with this page.">
            <TextField secret value={typed} onChange={setTyped} onEnter={give} autoFocus={focus} />
          </Field>
        ) : (
          <Field
            label="Identity"
            error={error}
            hint="AGE-SECRET-KEY-1…, used now and forgotten with this page."
          >
            <TextArea code rows={2} value={typed} onChange={setTyped} />
          </Field>
        )}
        <div>
          <Button
            type="submit"
            icon="lock-open"
            busy={busy}
            off={typed.trim() === '' ? 'nothing is typed' : null}
          >
            {deed}
          </Button>
        </div>
      </div>
    </Form>
  )
}
