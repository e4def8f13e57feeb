import { useState } from 'react'
import type { SwitchPreflight, SwitchRecord } from '../../../shared/contract/switch.ts'
import type { MasterEdit } from '../../../shared/director.ts'
import { useCall, useDeed } from '../../app/app-context.tsx'
import { counted, formatAge, formatMoment } from '../../app/format.ts'
import { go } from '../../app/navigation.ts'
import { listed } from '../../app/parts/checks/check-words.ts'
import { NotStarted, Recorded } from '../../app/parts/checks/confirm-foot.tsx'
import { ConfirmBox, TypedConfirms } from '../../ui/index.ts'
import { useMinute } from '../backups/index.ts'
import { allTyped } from '../director/index.ts'
import { sitesOf } from './model.ts'

type Props = {
  record: SwitchRecord
  step: 1 | 2
  edits: readonly MasterEdit[]
  result: SwitchPreflight
  onBack: () => void
  onCheckAgain: () => void
}

/** The last question of a step: what it does to which site, what stays, what undoes it; then the names, typed. */
export function StepConfirm({ record, step, edits, result, onBack, onCheckAgain }: Props) {
  const now = useMinute()
  const call = useCall()
  const [typed, setTyped] = useState<readonly string[]>([])
  const { id, direction, server } = record
  const [active, next] = sitesOf(direction)
  const { confirm, hosts, backup, token, diffs } = result
  const start = useDeed(options =>
    call('switch.start', { id, step, edits: [...edits], token, typed: [...typed] }, options),
  )
  const begin = async () => {
    if (!allTyped(result, typed)) return
    const started = await start.run()
    if (started?.ok) go({ page: 'runs', mode: 'show', name: started.value.runId })
  }
  const names = listed(hosts.map(({ name, ip }) => name || ip))
  const taken =
    backup && `${formatMoment(backup.at, now)}, ${formatAge(Math.max(0, now - Date.parse(backup.at)))} old`
  const back = [
    ...(diffs.some(({ changed }) => changed > 0) ? ['The old master.yml stays beside the new one'] : []),
    'Cancelling before setup.sh begins changes no host',
    'A switch-over in the other direction, once both steps are done',
  ]
  const words =
    step === 1
      ? {
          sentence: (
            <>
              This makes{' '}
              <b>
                the {active} on {names}
              </b>{' '}
              passive. setup.sh takes a last backup to {server} first.
            </>
          ),
          goes: {
            title: 'What ends',
            lines: [
              `The ${active} is the active site no more`,
              'No site is active until step 2 is done',
              `What is changed at the ${active} afterwards reaches the ${next} no more`,
            ],
          },
          stays: [
            `The ${next}, until step 2`,
            `DNS and management URL, until both steps are done`,
            'Every backup on every server',
          ],
          deed: `Make ${confirm.length === 1 ? (confirm[0] ?? '') : counted(confirm.length, 'host')} passive`,
        }
      : {
          sentence: (
            <>
              This <b>erases the Director on {names}</b>: setup.sh stops its databases and restores the backup
              of <b>{taken ?? 'an unknown time'}</b>, from {server}. Then the {next} is the active site.
            </>
          ),
          goes: {
            title: `Replaced on ${confirm.length === 1 ? names : counted(confirm.length, 'host')}`,
            lines: [
              'MongoDB and PostgreSQL data',
              'Certificates and analytics settings',
              `What the ${active} changed after that backup`,
            ],
          },
          stays: [
            `The ${active}, passive since step 1`,
            'Firmware images in MinIO: they are copied by hand',
            'Every backup on every server',
          ],
          deed: `Restore ${confirm.length === 1 ? (confirm[0] ?? '') : counted(confirm.length, 'host')} and make it active`,
        }
  return (
    <>
      <ConfirmBox
        harmful
        sentence={words.sentence}
        goes={words.goes}
        stays={{ title: 'Left alone', lines: words.stays }}
        back={{ title: 'Way back', lines: back }}
      >
        <TypedConfirms
          words={confirm}
          typed={typed}
          onTyped={setTyped}
          ask={() =>
            confirm.length === 1
              ? 'To go on, type the name of the host:'
              : 'Type the name of a host that is changed:'
          }
          deed={words.deed}
          onConfirm={() => void begin()}
          back="Back, change nothing"
          onBack={onBack}
          busy={start.busy}
        />
      </ConfirmBox>
      <NotStarted failure={start.failure} what={`Step ${step}`} onCheckAgain={onCheckAgain} />
      <Recorded into="the record of the run" />
    </>
  )
}
