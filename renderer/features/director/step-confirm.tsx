import { useState } from 'react'
import type { DirectorPreflight, DirectorRequest } from '../../../shared/contract/director.ts'
import { directorNotes } from '../../../shared/director-notes.ts'
import { useCall, useDeed } from '../../app/app-context.tsx'
import { counted, formatClock, formatDate } from '../../app/format.ts'
import { go } from '../../app/navigation.ts'
import { listed } from '../../app/parts/checks/check-words.ts'
import { NotStarted, Recorded } from '../../app/parts/checks/confirm-foot.tsx'
import { ConfirmBox, TypedConfirms } from '../../ui/index.ts'
import { stampTime } from '../backups/index.ts'
import { BackedUp } from './backed-up.tsx'
import css from './director.module.css'
import { allTyped } from './model.ts'

type Props = {
  request: DirectorRequest
  result: DirectorPreflight
  /** Those that back this Director up. */
  plans: readonly string[]
  onBack: () => void
  onCheckAgain: () => void
}

/** The last question: what is erased on which host, what is left alone, what undoes it; then each name, typed. */
export function StepConfirm({ request, result, plans, onBack, onCheckAgain }: Props) {
  const call = useCall()
  const [typed, setTyped] = useState<readonly string[]>([])
  const start = useDeed(options =>
    call('director.start', { request, token: result.token, typed: [...typed] }, options),
  )
  const erased = result.hosts.filter(host => host.erased)
  const kept = result.hosts.filter(host => !host.erased)
  const files = result.diffs.filter(({ changed }) => changed > 0)
  const names = result.confirm
  const taken = stampTime(request.stamp)
  const begin = async () => {
    if (!allTyped(result, typed)) return
    const started = await start.run()
    if (started?.ok) go({ page: 'runs', mode: 'show', name: started.value.runId })
  }
  return (
    <>
      <BackedUp plans={plans} />
      <ConfirmBox
        harmful
        sentence={
          <>
            This <b>erases the Director on {listed(erased.map(({ name }) => name))}</b> (
            {erased.map(({ ip }) => ip).join(', ')}): its databases, accounts, certificates and schedules.
            They are replaced by the state of{' '}
            <b className="nowrap">
              {formatDate(taken)}, {formatClock(taken, true)}
            </b>
            , from {request.server}.
          </>
        }
        goes={{
          title: `Erased on ${erased.length === 1 ? (erased[0]?.name ?? '') : counted(erased.length, 'host')}`,
          lines: [
            'MongoDB and PostgreSQL data',
            'Certificates of both services',
            'Analytics settings',
            'Accounts made there since that backup',
          ],
        }}
        stays={{
          title: 'Left alone',
          lines: [
            ...kept.map(({ name, ip }) => `${name} (${ip})`),
            'Firmware images in MinIO',
            'Every backup on every server',
            'Edge controllers in the field',
          ],
        }}
        back={{
          title: 'Way back',
          lines: [
            request.safetyCopy
              ? `A safety copy is taken first, to ${request.safetyCopy}`
              : 'No safety copy is taken; step 4 offers one',
            ...(files.length > 0
              ? [
                  `The old ${listed(files.map(({ file }) => file))} ${files.length === 1 ? 'stays' : 'stay'} beside the new`,
                ]
              : []),
            'Cancelling before setup.sh begins changes no host',
          ],
        }}
      >
        <TypedConfirms
          words={names}
          typed={typed}
          onTyped={setTyped}
          ask={() =>
            names.length === 1
              ? 'To go on, type the name of the host that will be erased:'
              : 'Type the name of a host that will be erased:'
          }
          deed={
            names.length === 1
              ? `Erase ${names[0] ?? ''} and restore`
              : `Erase ${counted(names.length, 'host')} and restore`
          }
          onConfirm={() => void begin()}
          back="Back, change nothing"
          onBack={onBack}
          busy={start.busy}
        />
      </ConfirmBox>
      <NotStarted failure={start.failure} what="The restore" onCheckAgain={onCheckAgain} />
      <h3 className={css.know}>Good to know</h3>
      <ul className={css.notes}>
        {directorNotes.map(({ text }) => (
          <li key={text}>{text}</li>
        ))}
      </ul>
      <Recorded into="the proof report" />
    </>
  )
}
