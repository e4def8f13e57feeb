import { useState } from 'react'
import type { RunSnapshot } from '../../../shared/contract/run.ts'
import { useCall, useDeed, useUnreachable } from '../../app/app-context.tsx'
import { limitText, readLimit } from '../../app/limit-text.ts'
import { Button, Dialog, Field, Form, TextField, Trouble } from '../../ui/index.ts'
import css from './runs.module.css'

/** The limit of a run that goes on, and how to change it under way. */
export function RunLimit({ run }: { run: RunSnapshot }) {
  const call = useCall()
  const away = useUnreachable()
  const [open, setOpen] = useState(false)
  const [text, setText] = useState('')
  const [tried, setTried] = useState(false)
  const change = useDeed((options, bytesPerSecond: number | null) =>
    call('run.limit', { runId: run.id, bytesPerSecond }, options),
  )
  const wrong = text.trim() !== '' && readLimit(text) === null
  const show = () => {
    setText(limitText(run.limit))
    setTried(false)
    setOpen(true)
  }
  const close = () => {
    setOpen(false)
    change.clear()
  }
  const set = () => {
    setTried(true)
    // What is no limit must not lift the one there is.
    const typed = readLimit(text)
    if (typed !== null) void apply(typed)
  }
  const apply = async (next: number | null) => {
    const answer = await change.run(next)
    if (answer?.ok) close()
  }
  return (
    <span className={css.limit}>
      <span className="muted">Limit</span>
      {run.limit === null ? 'none' : limitText(run.limit)}
      <Button
        size="small"
        off={away ?? (run.state === 'cancelling' ? 'the run is being cancelled' : null)}
        onClick={show}
        aria-label="Change the limit"
      >
        Change
      </Button>
      <Dialog
        open={open}
        escape="closes"
        title="How fast may it go?"
        onClose={close}
        aside={
          run.limit !== null && (
            <Button busy={change.busy} onClick={() => void apply(null)}>
              Lift the limit
            </Button>
          )
        }
        foot={
          <>
            <Button onClick={close}>Leave it</Button>
            <Button
              kind="primary"
              busy={change.busy}
              off={text.trim() === '' ? 'type a limit first' : null}
              onClick={set}
            >
              Set the limit
            </Button>
          </>
        }
      >
        <Form label="Limit" onSubmit={set}>
          <Field
            label="At most, per second"
            hint="For all servers together, such as 8 MB/s. It holds at once, and for this run only."
            error={tried && wrong ? 'A rate above 0, as in 8 MB/s or 500 kB/s.' : null}
          >
            <TextField value={text} onChange={setText} code />
          </Field>
          {change.failure && <Trouble failure={change.failure} />}
        </Form>
      </Dialog>
    </span>
  )
}
