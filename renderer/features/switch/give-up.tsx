import { useState } from 'react'
import type { SwitchRecord } from '../../../shared/contract/switch.ts'
import { useCall, useDeed } from '../../app/app-context.tsx'
import { AlertDialog, Button, Facts, Trouble } from '../../ui/index.ts'
import { openWords } from './model.ts'

/** Closes a switch-over that will not be finished. */
export function GiveUp({ record, onGivenUp }: { record: SwitchRecord; onGivenUp: () => void }) {
  const call = useCall()
  const [open, setOpen] = useState(false)
  const give = useDeed(options => call('switch.give-up', { id: record.id }, options))
  const close = () => {
    setOpen(false)
    give.clear()
  }
  const submit = async () => {
    if (!(await give.run())?.ok) return
    close()
    onGivenUp()
  }
  const runs = record.steps.some(({ state }) => state === 'running')
  return (
    <>
      <Button
        kind="danger-quiet"
        off={runs ? 'a step runs' : null}
        offAt="tooltip"
        onClick={() => setOpen(true)}
      >
        Give up
      </Button>
      <AlertDialog
        open={open}
        escape="harmless"
        title="Give up this switch-over?"
        keep="Keep it open"
        onKeep={close}
        deed={{ text: 'Give it up', onPick: () => void submit(), busy: give.busy }}
      >
        <Facts
          facts={[
            ['Now', openWords(record)],
            [
              'If you give up',
              'The record is closed, and stays in the list. No host is told anything: each stays as it is now, and nothing is put back.',
            ],
            ['If you keep it', 'The next step can be checked and started whenever you want.'],
          ]}
        />
        {give.failure && <Trouble failure={give.failure} />}
      </AlertDialog>
    </>
  )
}
