import { useStore } from 'zustand'
import { Notice } from '../../ui/index.ts'
import { useNow, useStores } from '../app-context.tsx'
import { formatClock } from '../format.ts'
import { isLive } from '../run-words.ts'
import css from './connection-notice.module.css'

/** Above the page while the engine cannot be reached: what that means, and what to do. */
export function ConnectionNotice({ tokenRefused }: { tokenRefused: boolean }) {
  const state = useStore(useStores().connection, connection => connection.state)
  const live = useLiveHere()
  if (state.is === 'refused')
    return (
      <div className={css.room}>
        <Notice tone="bad" urgent>
          <b>
            {tokenRefused
              ? 'This address was used before, or belongs to an earlier start.'
              : 'This page has no right to talk to the engine.'}
          </b>{' '}
          Run <code>drydock console</code> again and open the address it prints.{' '}
          {live > 0
            ? 'If an earlier console has ended, the runs that went on in it were interrupted; they can be resumed.'
            : 'Runs of other processes go on.'}
        </Notice>
      </div>
    )
  return state.is === 'lost' ? <Lost since={state.since} next={state.next} /> : null
}

/** How many runs went on in this console when it was heard of last. */
const useLiveHere = () =>
  useStore(useStores().runs, ({ list }) => list.filter(run => run.here && isLive(run)).length)

function Lost({ since, next }: { since: number; next: number }) {
  const now = useNow()
  const live = useLiveHere()
  const wait = Math.max(0, Math.ceil((next - now) / 1000))
  return (
    <div className={css.room}>
      <Notice tone="warn" urgent>
        <b>The connection to the engine is lost since {formatClock(since, true)}.</b> What is shown is from
        before then. <span aria-hidden>{wait > 0 ? `Next try in ${wait} s.` : 'Trying now.'}</span> If it was
        stopped, start <code>drydock console</code> again.
        {live > 0 &&
          ' Runs that went on in it may be interrupted: what they had finished is kept, and they can be resumed.'}
      </Notice>
    </div>
  )
}
