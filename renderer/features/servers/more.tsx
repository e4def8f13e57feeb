import { type ReactNode, useState } from 'react'
import { Icon } from '../../ui/index.ts'
import css from './servers.module.css'
import type { ServerForm } from './use-server-form.ts'

/** Settings that most servers do without; opens by itself when one of them is wrong. */
export function More({
  form,
  paths,
  children,
}: {
  form: ServerForm
  paths: readonly string[]
  children: ReactNode
}) {
  const [open, setOpen] = useState(false)
  const wrong = paths.some(path => form.wrong[path] !== undefined)
  return (
    <details className={css.more} open={open || wrong} onToggle={event => setOpen(event.currentTarget.open)}>
      <summary className={css.summary}>
        <Icon name="chevron-right" decorative />
        More settings
      </summary>
      <div className={css.inside}>{children}</div>
    </details>
  )
}
