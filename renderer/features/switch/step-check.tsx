import type { DirectorLine } from '../../../shared/contract/director.ts'
import type { SwitchPreflight, SwitchRecord } from '../../../shared/contract/switch.ts'
import type { MasterEdit } from '../../../shared/director.ts'
import { formatAge, formatBytes, formatMoment } from '../../app/format.ts'
import { CheckBoard } from '../../app/parts/checks/check-board.tsx'
import type { UseChecked } from '../../app/parts/checks/checks.ts'
import { href } from '../../app/router.ts'
import { Button, Facts, LinkButton, Section } from '../../ui/index.ts'
import { useMinute } from '../backups/index.ts'
import {
  type Deployments,
  MasterEditor,
  MendLine,
  modeWords,
  withEdit,
  withoutEdit,
  Written,
} from '../director/index.ts'
import { sitesOf } from './model.ts'
import { RunFailed } from './step-run.tsx'
import css from './switch.module.css'

type Props = {
  record: SwitchRecord
  step: 1 | 2
  checked: UseChecked<DirectorLine, SwitchPreflight>
  deployments: Deployments
  edits: readonly MasterEdit[]
  /** The values of master.yml are open. */
  values: boolean
  onEdits: (edits: readonly MasterEdit[]) => void
  onValues: (open: boolean) => void
}

/** Can this step start? What it does, with what, and what is written before. */
export function StepCheck(props: Props) {
  const { record, step, checked, deployments, edits, values, onEdits, onValues } = props
  const { chosen, view, again } = deployments
  const at = record.steps[step - 1] ?? record.steps[0]
  const site = sitesOf(record.direction)[step - 1]
  if (values && view?.master)
    return (
      <MasterEditor
        view={view.master}
        edits={edits}
        onEdit={(edit, was) => onEdits(withEdit(edits, edit, was))}
        onUndo={path => onEdits(withoutEdit(edits, path))}
        onUndoAll={() => onEdits([])}
        onDone={() => onValues(false)}
        fate={enabled => (enabled ? `A host of the ${site}.` : 'Left alone.')}
      />
    )
  const change = (
    <Button
      size="small"
      icon="pencil"
      off={view?.master ? null : 'master.yml is not read yet'}
      offAt="tooltip"
      onClick={() => onValues(true)}
    >
      Change values of master.yml
    </Button>
  )
  const otherwise = (line: string) => {
    const named = record.steps.find(one => line === `portal/${one.site}`)
    if (named)
      return (
        <LinkButton
          size="small"
          href={href({ page: 'sites', mode: 'show', name: named.deployment, query: { tab: 'schedules' } })}
        >
          Note what it shows
        </LinkButton>
      )
    // There its key can be compared, its login changed, and the vault found locked.
    if (line === 'host')
      return (
        <LinkButton size="small" href={href({ page: 'sites', mode: 'show', name: at.deployment })}>
          Show {at.deployment}
        </LinkButton>
      )
    return /^(?:master\.yml|mode|site|hosts)\b/.test(line) && change
  }
  return (
    <>
      {at.state === 'failed' && at.run !== null && <RunFailed id={at.run} step={step} />}
      <CheckBoard
        checked={checked}
        between={
          checked.result && (
            <Section title="What will run" side={change}>
              <div className={css.facts}>
                <Facts
                  tight
                  facts={[
                    ['Command', <code key="command">{checked.result.command}</code>],
                    ['In', `${at.deployment}, ${modeWords[at.mode].toLowerCase()}, as the ${at.site}`],
                    [
                      'Against',
                      checked.result.hosts.map(({ name, ip }) => `${name || ip} (${ip})`).join(', ') ||
                        'no host',
                    ],
                    [
                      step === 1 ? 'Backs up to' : 'Restores',
                      <BackupWords key="backup" {...checked.result} server={record.server} step={step} />,
                    ],
                  ]}
                />
              </div>
            </Section>
          )
        }
        question={`Can step ${step} start: the ${site} becomes ${step === 1 ? 'passive' : 'active'}?`}
        mend={line => (
          <MendLine
            line={line}
            record={chosen?.record ?? null}
            onEdit={edit => onEdits(withEdit(edits, edit))}
            onSaved={again}
            otherwise={line.state !== 'not-tried' && otherwise(line.id)}
          />
        )}
      >
        {checked.result && <Written diffs={checked.result.diffs} when="when the step begins, never before" />}
      </CheckBoard>
    </>
  )
}

type BackupProps = Pick<SwitchPreflight, 'backup'> & { server: string; step: 1 | 2 }

function BackupWords({ backup, server, step }: BackupProps) {
  const now = useMinute()
  const newest = backup && (
    <>
      <b className="nowrap">{formatMoment(backup.at, now)}</b>,{' '}
      {formatAge(Math.max(0, now - Date.parse(backup.at)))} old, {formatBytes(backup.bytes)}
    </>
  )
  if (step === 1)
    return (
      <>
        {server}; the newest there is {newest ?? 'none yet'}
      </>
    )
  return newest ? (
    <>
      {newest}, from {server}
    </>
  ) : (
    <>no whole backup is on {server}</>
  )
}
