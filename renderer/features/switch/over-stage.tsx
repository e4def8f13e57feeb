import type { SwitchRecord } from '../../../shared/contract/switch.ts'
import { formatDuration, formatMoment } from '../../app/format.ts'
import { Facts, Verdict } from '../../ui/index.ts'
import { useMinute } from '../backups/index.ts'
import { sitesOf } from './model.ts'
import { StepLink } from './step-run.tsx'
import css from './switch.module.css'

/** How it ended. */
export function OverStage({ record }: { record: SwitchRecord }) {
  const now = useMinute()
  const { state, direction, steps, address, begun, by, server } = record
  const [active, next] = sitesOf(direction)
  const finished = state === 'finished'
  const took = address.done === null ? null : Date.parse(address.done) - Date.parse(begun)
  return (
    <>
      <Verdict
        tone={finished ? 'ok' : steps[0].run === null ? 'idle' : 'warn'}
        question="Which site is active?"
        answer={
          finished
            ? `The ${next}`
            : steps[0].run === null
              ? `The ${active}, as before`
              : steps[1].state === 'done'
                ? `The ${next}, its address was not said to be changed`
                : 'Not known: it was given up between the steps'
        }
        {...(took !== null && {
          reason: `${formatDuration(took)} from its preparation to the changed address.`,
        })}
      />
      <div className={css.spaced}>
        <Facts
          facts={[
            ['Prepared', `${formatMoment(begun, now)} by ${by}`],
            ['Step 1', <StepLink key="1" record={record} step={1} />],
            ['Step 2', <StepLink key="2" record={record} step={2} />],
            ['Backup server', server],
            [
              address.how === 'dns' ? 'DNS name' : 'Management URL',
              <span key="address">
                <code className="breakable">{address.value}</code>
                {address.done === null
                  ? ', not said to be changed'
                  : `, changed ${formatMoment(address.done, now)}`}
              </span>,
            ],
            address.note !== '' && ['Note', address.note],
          ]}
        />
      </div>
    </>
  )
}
