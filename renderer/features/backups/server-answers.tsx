import { describeFailure } from '../../../shared/failure-copy.ts'
import type { Failure } from '../../../shared/failure.ts'
import { useNow } from '../../app/app-context.tsx'
import { formatDuration, formatWhen } from '../../app/format.ts'
import { Button, Notice, Trouble, visibleControls } from '../../ui/index.ts'
import css from './backups.module.css'
import type { ServerPoints } from './points-store.ts'

/** Which servers are being asked, and for how long: `asking nas, 4 s`. Null when none is. */
export function AskingLine({ byServer }: { byServer: ReadonlyMap<string, ServerPoints> }) {
  const now = useNow()
  const asking = [...byServer].flatMap(([name, { asking: since, value }]) =>
    since !== null && value === null
      ? [now - since < 1000 ? name : `${name}, ${formatDuration(now - since)}`]
      : [],
  )
  return asking.length === 0 ? null : <span>Asking {asking.join('; ')}</span>
}

/** A line for each server that did not answer: it hides nothing of the others. */
export function FailedServers({
  byServer,
  ask,
  whole = false,
}: {
  byServer: ReadonlyMap<string, ServerPoints>
  ask: (server: string) => void
  /** The whole failure instead of one line. */
  whole?: boolean
}) {
  const failed = [...byServer].filter(([, { failure }]) => failure !== null)
  if (failed.length === 0) return null
  return (
    <div className={css.notices}>
      {failed.map(([name, { failure, asking, value, at }]) => {
        const again = (
          <Button size="small" icon="refresh-cw" busy={asking !== null} onClick={() => ask(name)}>
            Ask {name} again
          </Button>
        )
        if (!failure) return null
        return whole ? (
          <Trouble key={name} failure={failure} around={{ server: name }} actions={again} />
        ) : (
          <Notice key={name} tone={value ? 'warn' : 'bad'} actions={again}>
            <FailureLine name={name} failure={failure} />{' '}
            {value && at !== null
              ? `Its restore points are shown as of ${formatWhen(at, Date.now())}.`
              : 'Its restore points are not shown; those of other servers are.'}
          </Notice>
        )
      })}
    </div>
  )
}

function FailureLine({ name, failure }: { name: string; failure: Failure }) {
  const { subject: _, ...rest } = failure
  const words = visibleControls(describeFailure(rest, { server: name }).title)
  return (
    <>
      <b>{name}</b>: {words}.
    </>
  )
}
