import { useAsk, useEvent } from '../../app/app-context.tsx'
import { isLive } from '../../app/run-words.ts'

/** All switch-overs, asked for again when one is changed or a step of one has ended. */
export function useSwitches() {
  const asked = useAsk('switch.list', undefined)
  useEvent('switch.changed', asked.again)
  useEvent('run.changed', run => {
    if (run.kind === 'director-switch' && (!isLive(run) || run.seq < 2)) asked.again()
  })
  return { ...asked, list: asked.value?.switches ?? null }
}
