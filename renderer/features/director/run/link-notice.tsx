import type { DirectorState } from '../../../../shared/contract/director.ts'
import type { RunSnapshot } from '../../../../shared/contract/run.ts'
import { useKnownNow } from '../../../app/app-context.tsx'
import { formatClock } from '../../../app/format.ts'
import { isLive } from '../../../app/run-words.ts'
import { Notice } from '../../../ui/index.ts'
import { hostName, retryIn, scriptOf } from './model.ts'

/** That the script is not seen now, and that it runs on all the same. */
export function LinkNotice({ run, state }: { run: RunSnapshot; state: DirectorState }) {
  const now = useKnownNow()
  if (scriptOf(run, state).is !== 'lost') return null
  const host = hostName(state.host)
  if (!isLive(run))
    return (
      <Notice tone="warn">
        <b>Nobody watches the script now.</b> It runs on at {host} by itself. Resume attaches to it again,
        shows what was missed, and never starts it a second time.
      </Notice>
    )
  const seconds = retryIn(state, now)
  return (
    <Notice tone="warn" urgent>
      <b>The connection to {host} is lost.</b> The script runs on there;{' '}
      {seconds === null
        ? 'it is asked again by itself.'
        : seconds === 0
          ? 'asking now.'
          : `asked again in ${seconds} s.`}{' '}
      {state.lastOutput !== null && `Last output at ${formatClock(state.lastOutput, true)}.`}
    </Notice>
  )
}
