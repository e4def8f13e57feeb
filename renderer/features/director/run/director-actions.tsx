import { useState } from 'react'
import type { RunSnapshot } from '../../../../shared/contract/run.ts'
import { runDeeds } from '../../../../shared/run.ts'
import { useCall, useDeed, useUnreachable } from '../../../app/app-context.tsx'
import { AlertDialog, Button, Facts, Trouble, visibleControls } from '../../../ui/index.ts'
import { cancelOf } from './model.ts'
import type { DirectorRun } from './use-director-run.ts'

/** Cancel, which tells first what state the hosts are in; a script cannot be paused, and that is said. */
export function DirectorActions({ run, director }: { run: RunSnapshot; director: DirectorRun }) {
  const call = useCall()
  const away = useUnreachable()
  const [asks, setAsks] = useState(false)
  const cancel = useDeed(options => call('run.cancel', { runId: run.id }, options))
  const cancelling = run.state === 'cancelling'
  const deed = run.kind === 'director-switch' ? 'Cancel step' : 'Cancel restore'
  const words = cancelOf(run, director.state)
  const close = () => {
    setAsks(false)
    cancel.clear()
  }
  const submit = async () => {
    const answer = await cancel.run()
    if (answer?.ok) close()
  }
  return (
    <>
      <Button icon="pause" off="the vendor’s script cannot be paused" offAt="beside">
        Pause
      </Button>
      <Button kind="danger-quiet" busy={cancelling} off={away} onClick={() => setAsks(true)}>
        {cancelling ? 'Cancelling' : deed}
      </Button>
      <AlertDialog
        open={asks}
        escape="harmless"
        title={`Cancel this ${runDeeds[run.kind]}?`}
        keep="Keep running"
        onKeep={close}
        deed={{ text: deed, onPick: () => void submit(), busy: cancel.busy }}
      >
        <Facts
          names="8.25rem"
          facts={[
            ['The hosts now', visibleControls(words.now)],
            ['If you cancel', words.cancel],
            ['If you keep it', 'It goes on by itself, also when this window or Drydock is closed.'],
          ]}
        />
        {cancel.failure && <Trouble failure={cancel.failure} />}
      </AlertDialog>
    </>
  )
}
