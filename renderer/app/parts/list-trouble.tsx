import type { Failure } from '../../../shared/failure.ts'
import { type StateList, damagedListOf, stateListFile } from '../../../shared/state-list.ts'
import { Button, Trouble, useAnnounce } from '../../ui/index.ts'
import { useCall, useDeed } from '../app-context.tsx'

/** A list that cannot be shown: why, and the way on; a damaged file of this machine can be set aside. */
export function ListTrouble({ failure, askAgain }: { failure: Failure; askAgain: () => void }) {
  const call = useCall()
  const announce = useAnnounce()
  const list = damagedListOf(failure)
  const setAside = useDeed((options, damaged: StateList) =>
    call('state.setAside', { list: damaged }, options),
  )
  const run = async (damaged: StateList) => {
    const answer = await setAside.run(damaged)
    if (answer?.ok) announce(`It is kept as ${answer.value.keptAs}. The list of ${damaged} is empty now.`)
    if (answer) askAgain()
  }
  return (
    <>
      <Trouble
        failure={failure}
        actions={
          <>
            <Button onClick={askAgain}>Ask again</Button>
            {list !== null && (
              <Button busy={setAside.busy} onClick={() => void run(list)}>
                Set {stateListFile(list)} aside
              </Button>
            )}
          </>
        }
      />
      {setAside.failure && <Trouble failure={setAside.failure} />}
    </>
  )
}
