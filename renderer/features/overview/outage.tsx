import { useState } from 'react'
import { useStore } from 'zustand'
import { useCall, useDeed, useNow, useStores } from '../../app/app-context.tsx'
import { formatClock, formatDuration, formatMinutes } from '../../app/format.ts'
import { AlertDialog, Button, Dialog, Facts, Field, Form, Notice, TextArea, Trouble } from '../../ui/index.ts'
import css from './overview.module.css'

/** Declares an outage: the recovery clock starts. */
export function DeclareOutage() {
  const { outage } = useStores()
  const current = useStore(outage, ({ value }) => value)
  const known = useStore(outage, ({ at }) => at !== null)
  const call = useCall()
  const [open, setOpen] = useState(false)
  const [note, setNote] = useState('')
  const declare = useDeed((options, text: string) => call('outage.declare', { note: text }, options))
  const close = () => {
    setOpen(false)
    declare.clear()
  }
  const submit = async () => {
    const answer = await declare.run(note)
    if (!answer?.ok) return
    outage.take(answer.value)
    setNote('')
    close()
  }
  if (!known || current !== null) return null
  return (
    <>
      <Button icon="timer" onClick={() => setOpen(true)}>
        Declare outage
      </Button>
      <Dialog
        open={open}
        escape="closes"
        title="Declare an outage?"
        onClose={close}
        foot={
          <>
            <Button onClick={close}>Not now</Button>
            <Button kind="primary" busy={declare.busy} onClick={() => void submit()}>
              Declare outage
            </Button>
          </>
        }
      >
        <Form label="Outage" onSubmit={() => void submit()}>
          <p>
            The recovery clock starts now and is shown on every page, counted against the shortest recovery
            target of your systems. Restores made until its end count from this moment in their reports.
            Nothing else changes: plans go on.
          </p>
          <Field label="What happened" optional hint="Goes into the reports.">
            <TextArea value={note} onChange={setNote} rows={3} />
          </Field>
          {declare.failure && <Trouble failure={declare.failure} />}
        </Form>
      </Dialog>
    </>
  )
}

/** The outage that goes on, with its clock, and how to end it. */
export function OutageNotice() {
  const { outage } = useStores()
  const current = useStore(outage, ({ value }) => value)
  const call = useCall()
  const [asks, setAsks] = useState(false)
  const end = useDeed(options => call('outage.end', undefined, options))
  if (!current) return null
  const close = () => {
    setAsks(false)
    end.clear()
  }
  const submit = async () => {
    const answer = await end.run()
    if (!answer?.ok) return
    outage.take(null)
    close()
  }
  return (
    <Notice tone="warn" actions={<Button onClick={() => setAsks(true)}>End outage</Button>}>
      <b>
        Outage since {formatClock(current.declared, true)}:{' '}
        <RecoveryTime declared={current.declared} target={current.recoveryTarget} />
      </b>{' '}
      Declared by {current.by}
      {current.note !== '' && <>: {current.note}</>}.
      <AlertDialog
        open={asks}
        escape="harmless"
        title="End the outage?"
        keep="Keep it going"
        onKeep={close}
        deed={{ text: 'End outage', onPick: () => void submit(), busy: end.busy, kind: 'primary' }}
      >
        <Facts
          facts={[
            [
              'Goes on for',
              <RecoveryTime key="time" declared={current.declared} target={current.recoveryTarget} />,
            ],
            [
              'If you end it',
              'The recovery clock stops. Restores that ran meanwhile keep it in their reports.',
            ],
            ['If you keep it', 'The clock goes on counting.'],
          ]}
        />
        {end.failure && <Trouble failure={end.failure} />}
      </AlertDialog>
    </Notice>
  )
}

function RecoveryTime({ declared, target }: { declared: string; target: number | null }) {
  const now = useNow()
  // The clock of a page is up to a second behind the engine's.
  const gone = Math.max(1000, now - Date.parse(declared))
  return (
    <span className={css.clock}>
      {formatDuration(gone)}
      {target === null ? '' : ` of ${formatMinutes(target)}`}
      {target !== null && gone > target * 60_000 && ', past the target'}.
    </span>
  )
}
