import { useStore } from 'zustand'
import type { Failure } from '../../../../shared/failure.ts'
import { Button, Trouble } from '../../../ui/index.ts'
import { useStores } from '../../app-context.tsx'
import css from './checks.module.css'

type NotStartedProps = {
  failure: Failure | null
  /** As *The restore*. */
  what: string
  onCheckAgain: () => void
}

/** Why nothing began after the last question was answered. */
export function NotStarted({ failure, what, onCheckAgain }: NotStartedProps) {
  if (!failure) return null
  return (
    <div className={css.spaced}>
      <Trouble
        failure={failure}
        title={`${what} was not started`}
        {...(failure.code === 'run.conflict' && {
          todo: 'Check again; what changed then shows.',
          actions: (
            <Button size="small" icon="refresh-cw" onClick={onCheckAgain}>
              Check again
            </Button>
          ),
        })}
      />
    </div>
  )
}

/** Whose deed it will have been. `into`: where name and time go, as *the proof report*. */
export function Recorded({ into }: { into: string }) {
  const about = useStore(useStores().about, ({ value }) => value)
  return (
    <p className={css.signed}>
      Recorded as {about ? `${about.user} on ${about.host}` : 'this user'}. The name and the time go into{' '}
      {into}.
    </p>
  )
}
