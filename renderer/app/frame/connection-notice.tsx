import { useStore } from 'zustand'
import { Notice } from '../../ui/index.ts'
import { useNow, useStores } from '../app-context.tsx'
import { formatClock } from '../format.ts'
import css from './connection-notice.module.css'

/** Above the page while the engine cannot be reached: what that means, and what to do. */
export function ConnectionNotice({ tokenRefused }: { tokenRefused: boolean }) {
  const state = useStore(useStores().connection, connection => connection.state)
  if (state.is === 'refused')
    return (
      <div className={css.room}>
        <Notice tone="bad" urgent>
          <b>
            {tokenRefused
              ? 'This address was used before, or belongs to an earlier start.'
              : 'This page has no right to talk to the engine.'}
          </b>{' '}
          Run <code>drydock console</code> again and open the address it prints. Runs that go on are not
          affected.
        </Notice>
      </div>
    )
  return state.is === 'lost' ? <Lost since={state.since} next={state.next} /> : null
}

function Lost({ since, next }: { since: number; next: number }) {
  const now = useNow()
  const wait = Math.max(0, Math.ceil((next - now) / 1000))
  return (
    <div className={css.room}>
      <Notice tone="warn" urgent>
        <b>The connection to the engine is lost since {formatClock(since, true)}.</b> What is shown is from
        before then. <span aria-hidden>{wait > 0 ? `Next try in ${wait} s.` : 'Trying now.'}</span> If it was
        stopped, start <code>drydock console</code> again.
      </Notice>
    </div>
  )
}
