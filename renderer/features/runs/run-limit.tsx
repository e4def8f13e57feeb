import { useState } from 'react'
import type { RunSnapshot } from '../../../shared/contract/run.ts'
import { parseBytes } from '../../../shared/units.ts'
import { useCall, useDeed } from '../../app/app-context.tsx'
import { formatRate } from '../../app/format.ts'
import { Button, Dialog, Field, Form, TextField, Trouble } from '../../ui/index.ts'
import css from './runs.module.css'

/** The limit of a run that goes on, and how to change it under way. */
export function RunLimit({ run }: { run: RunSnapshot }) {
  const call = useCall()
  const [open, setOpen] = useState(false)
  const [text, setText] = useState('')
  const [tried, setTried] = useState(false)
  const change = useDeed((options, bytesPerSecond: number | null) =>
    call('run.limit', { runId: run.id, bytesPerSecond }, options),
  )
  const bytes = text.trim() === '' ? null : parseBytes(text)
  const wrong = text.trim() !== '' && (bytes === null || bytes === 0)
  const show = () => {
    setText(run.limit === null ? '' : `${run.limit / 1000}KB`)
    setTried(false)
    setOpen(true)
  }
  const close = () => {
    setOpen(false)
    change.clear()
  }
  const submit = async (next: number | null) => {
    setTried(true)
    if (wrong && next !== null) return
    const answer = await change.run(next)
    if (answer?.ok) close()
  }
  return (
    <span className={css.limit}>
      <span className="muted">Limit</span>
      {run.limit === null ? 'none' : formatRate(run.limit)}
      <Button
        size="small"
        off={run.state === 'cancelling' ? 'the run is being cancelled' : null}
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
            <Button busy={change.busy} onClick={() => void submit(null)}>
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
              onClick={() => void submit(bytes)}
            >
              Set the limit
            </Button>
          </>
        }
      >
        <Form label="Limit" onSubmit={() => void submit(bytes)}>
          <Field
            label="At most, per second"
            hint="For all servers together, such as 8MB or 2MiB. It holds at once, and for this run only."
            error={tried && wrong ? 'A size above 0, such as 8MB, 500KB or 2MiB.' : null}
          >
            <TextField value={text} onChange={setText} code />
          </Field>
          {change.failure && <Trouble failure={change.failure} />}
        </Form>
      </Dialog>
    </span>
  )
}
