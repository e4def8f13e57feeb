import { useCallback, useEffect, useMemo } from 'react'
import type { SwitchRecord } from '../../../shared/contract/switch.ts'
import type { MasterEdit } from '../../../shared/director.ts'
import { formatClock } from '../../app/format.ts'
import { go } from '../../app/navigation.ts'
import { checkOff } from '../../app/parts/checks/checks.ts'
import { useArrival } from '../../app/parts/use-arrival.ts'
import { WizardFrame } from '../../app/parts/wizard-frame.tsx'
import { href } from '../../app/router.ts'
import { LinkButton, PageBody, PageHeader, Status, Trouble } from '../../ui/index.ts'
import { readEdits, useDeployments, writeEdits } from '../director/index.ts'
import { AddressStage } from './address-stage.tsx'
import { useChecked } from './checked.ts'
import { GiveUp } from './give-up.tsx'
import {
  directionWords,
  openWords,
  type Stage,
  stageOf,
  stages,
  stagesOf,
  statusOf,
  stepAt,
} from './model.ts'
import { OverStage } from './over-stage.tsx'
import { StepCheck } from './step-check.tsx'
import { StepConfirm } from './step-confirm.tsx'
import { StepRun } from './step-run.tsx'
import { useSwitches } from './use-switches.ts'

const listHref = href({ page: 'switch', mode: 'list' })
const path = [{ text: 'Switch-over', href: listHref }]
type Query = Readonly<Record<string, string>>

export function SwitchPage({ id, query }: { id: string; query: Query }) {
  const { list, failure, again } = useSwitches()
  const record = list?.find(one => one.id === id)
  if (record) return <Known record={record} query={query} onChanged={again} />
  return (
    <>
      <PageHeader title={id} path={path} />
      <PageBody>
        {failure ? (
          <Trouble failure={failure} title="The switch-over is not known" />
        ) : (
          <p className="muted">{list ? 'There is no such switch-over on this laptop.' : 'Asking.'}</p>
        )}
      </PageBody>
    </>
  )
}

type Props = { record: SwitchRecord; query: Query; onChanged: () => void }
type Doing = 'check' | 'values' | 'confirm'

function Known({ record, query, onChanged }: Props) {
  useArrival()
  const { id, steps } = record
  const here = stageOf(record)
  const shown = stages.find(stage => stage === query['at']) ?? here
  const step = shown === here ? stepAt(here) : null
  const at = step === null ? null : steps[step - 1]
  const asked = at && at.state !== 'running' ? at : null
  const deployments = useDeployments((at ?? steps[1]).deployment)
  const { chosen } = deployments

  // Answers of a step are of no other: what was typed for the first would be of another site's file.
  const own = query['step'] === String(stepAt(here))
  const edits = useMemo(() => (own ? readEdits(query['edits'] ?? '') : []), [own, query])
  const waits = asked !== null
  const request = useMemo(
    () => (waits && step ? { id, step, edits: [...edits] } : null),
    [waits, id, step, edits],
  )
  // What was found before a run of the step holds no more after it.
  const checked = useChecked(request, chosen && [chosen.record, asked?.run])
  const { result } = checked
  const passed = result !== null && result.verdict !== 'NO-GO'
  const wanted = own ? query['do'] : undefined
  const doing: Doing = wanted === 'values' || (wanted === 'confirm' && passed) ? wanted : 'check'
  const to = useCallback(
    (next: Doing, given: readonly MasterEdit[], replace = false) =>
      go(
        {
          page: 'switch',
          mode: 'show',
          name: id,
          query: { step: String(step), do: next === 'check' ? '' : next, edits: writeEdits(given) },
        },
        { replace },
      ),
    [id, step],
  )
  // A verdict does not outlive a reload; what is confirmed rests on one.
  const lost = waits && wanted === 'confirm' && !passed
  useEffect(() => {
    if (lost) to('check', edits, true)
  }, [lost, to, edits])
  const look = (stage: Stage) =>
    go({
      page: 'switch',
      mode: 'show',
      name: id,
      query: { ...(own && query), do: '', at: stage === here ? '' : stage },
    })

  const verdict = asked && result && `${result.verdict} at ${formatClock(checked.at ?? 0, true)}`
  const list = stagesOf(record, shown, verdict).map(one => {
    const key = one.key as Stage
    const reached = stages.indexOf(key) <= stages.indexOf(here)
    return reached && key !== shown ? { ...one, onGo: () => look(key) } : one
  })
  const status = statusOf(record)
  const open = record.state === 'open'
  const isStep = waits && shown === here
  return (
    <WizardFrame
      title={directionWords[record.direction].title}
      path={path}
      mark={<Status {...status} />}
      lead={open ? openWords(record) : `Prepared by ${record.by}.`}
      leave={listHref}
      aside={
        open ? (
          <GiveUp record={record} onGivenUp={onChanged} />
        ) : (
          record.state === 'finished' && (
            <LinkButton href={href({ page: 'switch', mode: 'new', query: { from: steps[1].deployment } })}>
              Switch back
            </LinkButton>
          )
        )
      }
      onBack={
        shown !== here
          ? () => look(here)
          : isStep && doing === 'values'
            ? () => to('check', edits)
            : undefined
      }
      next={
        isStep && doing === 'check'
          ? { text: 'Next: confirm', off: checkOff(checked), onGo: () => to('confirm', edits) }
          : undefined
      }
      steps={list}
      ownFocus={doing === 'confirm'}
      sight={doing}
    >
      {isStep && step !== null ? (
        doing === 'confirm' && result ? (
          <StepConfirm
            record={record}
            step={step}
            edits={edits}
            result={result}
            onBack={() => to('check', edits)}
            onCheckAgain={() => {
              checked.forget()
              to('check', edits)
            }}
          />
        ) : (
          <StepCheck
            record={record}
            step={step}
            checked={checked}
            deployments={deployments}
            edits={edits}
            values={doing === 'values'}
            onEdits={given => to(doing, given, true)}
            onValues={on => to(on ? 'values' : 'check', edits)}
          />
        )
      ) : shown === 'address' ? (
        <AddressStage record={record} deployments={deployments} onDone={onChanged} />
      ) : shown === 'done' ? (
        <OverStage record={record} />
      ) : (
        <StepRun record={record} step={shown === 'first' ? 1 : 2} />
      )}
    </WizardFrame>
  )
}
