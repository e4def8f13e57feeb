import { useEffect, useRef, useState } from 'react'
import { Button, Notice } from '../../ui/index.ts'
import { shownKey } from './failure-at.ts'
import { TextIn } from './text-in.tsx'
import css from './servers.module.css'
import type { ServerForm } from './use-server-form.ts'

type HostKeyFieldProps = { form: ServerForm; path: 'hostKey' | 'jump.hostKey'; label: string }

/** The pinned key of a host, and the question whether to trust one that nobody has vouched for. */
export function HostKeyField({ form, path, label }: HostKeyFieldProps) {
  const [copied, setCopied] = useState(false)
  const failure = form.test?.failure ?? null
  const shown = shownKey(failure, form.draft)
  const typed = (form.draft.text[path] ?? '') !== ''
  const asks = failure?.code === 'trust.host-key-unknown' && shown?.field === path && !typed
  const question = useRef<HTMLDivElement>(null)
  const stands = asks && !form.checking
  useEffect(() => {
    // It came up by itself, perhaps out of sight.
    if (stands) question.current?.scrollIntoView({ block: 'nearest' })
  }, [stands])
  const trust = () => {
    if (!shown) return
    form.set(path, shown.fingerprint)
    void form.check({
      ...form.draft,
      text: { ...form.draft.text, [path]: shown.fingerprint },
    })
  }
  return (
    <>
      <TextIn
        optional
        form={form}
        path={path}
        label={label}
        placeholder="SHA256:…"
        {...(!asks &&
          !typed && { hint: 'Empty: what known_hosts says of it. A host not known yet is asked about.' })}
      />
      {stands && shown && (
        <div ref={question}>
          <Notice urgent tone="warn">
            <b>Nobody has vouched for {shown.host} yet.</b> It showed this {shown.kind} key:
            <code className={css.fingerprint}>{shown.fingerprint}</code>
            Compare it with what its administrator tells you. Nothing was sent to it.
            <span className={css.buttons}>
              <Button size="small" onClick={trust}>
                Trust this key
              </Button>
              <Button
                size="small"
                icon="copy"
                onClick={() =>
                  void navigator.clipboard.writeText(shown.fingerprint).then(
                    () => setCopied(true),
                    () => setCopied(false),
                  )
                }
              >
                {copied ? 'Copied' : 'Copy'}
              </Button>
            </span>
          </Notice>
        </div>
      )}
    </>
  )
}
