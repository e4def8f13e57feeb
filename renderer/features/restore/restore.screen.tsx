import { useCallback, useEffect, useMemo, useState } from 'react'
import { useStore } from 'zustand'
import { sourceName, sourceTitles } from '../../../shared/plan-source.ts'
import { useStores } from '../../app/app-context.tsx'
import { formatClock, formatMinutes, formatMoment, formatWhen } from '../../app/format.ts'
import { go } from '../../app/navigation.ts'
import { checkOff } from '../../app/parts/checks/checks.ts'
import { nextWords, stepAfter, stepBefore, stepsAt } from '../../app/parts/restore-steps.ts'
import { WizardFrame } from '../../app/parts/wizard-frame.tsx'
import { href, type RestoreStep, type RouteOf } from '../../app/router.ts'
import { stampTime, useMinute, useRows, useSecret } from '../backups/index.ts'
import { bestPoint, bestServer, candidatesOf, holdingOf, rowsOf } from './candidates.ts'
import { useChecked } from './checked.ts'
import { queryOf, withDirector } from './director-candidate.ts'
import {
  type Action,
  type Answers,
  ofWords,
  readAnswers,
  reduce,
  requestOf,
  wizardAt,
  wrongLimit,
} from './model.ts'
import { StepConfirm } from './step-confirm.tsx'
import { StepPoint } from './step-point.tsx'
import { StepPreflight } from './step-preflight.tsx'
import { StepSource } from './step-source.tsx'
import { StepSystem } from './step-system.tsx'
import { isAbsolute, StepTarget } from './step-target.tsx'

/** Six steps from what is wanted to a run: nothing is changed before the last. */
export function FilesRestore({ route }: { route: RouteOf<'restore'> }) {
  const all = useRows()
  const now = useMinute()
  const { systems, servers, plans, outage } = useStores()
  const systemRecords = useStore(systems, ({ value }) => value)
  const infos = useStore(servers, ({ value }) => value?.servers)
  const planInfos = useStore(plans, ({ value }) => value?.plans)
  const declared = useStore(outage, ({ value }) => value?.declared)
  const answers = useMemo(() => readAnswers(route.query), [route.query])
  const wizard = useMemo(() => wizardAt(route.step, answers), [route.step, answers])
  const { step } = wizard
  const { secret } = useSecret(answers.point ?? null)
  const request = useMemo(
    () =>
      wizard.step === 'preflight' || wizard.step === 'confirm'
        ? { ...requestOf(wizard), ...(secret && { secret }) }
        : null,
    [wizard, secret],
  )
  const checked = useChecked(request)
  const [pointReady, setPointReady] = useState(false)

  const to = useCallback(
    (next: RestoreStep, given: Answers, replace = false) => {
      go({ page: 'restore', step: next, query: queryOf(given, route.query) }, { replace })
    },
    [route.query],
  )
  const act = (action: Action) => to(step, reduce(answers, action), true)

  const candidates = useMemo(() => {
    const about = new Map(
      planInfos?.map(({ settings: { system, source } }) => [
        system,
        `${sourceTitles[source.kind]} · ${sourceName(source)}`,
      ]),
    )
    return withDirector(candidatesOf(all.rows, systemRecords ?? [], about), all.rows)
  }, [all.rows, systemRecords, planInfos])
  const rows = useMemo(
    () => (answers.of === undefined ? [] : rowsOf(all.rows, answers.of)),
    [all.rows, answers.of],
  )
  const holdings = useMemo(
    () => (infos ?? []).map(({ record }) => holdingOf(rows, record.name)),
    [infos, rows],
  )
  const copies = useMemo(
    () => holdings.find(({ server }) => server === answers.server)?.copies ?? [],
    [holdings, answers.server],
  )

  // What is most likely wanted is chosen already: the only candidate, the best server, the newest good point.
  useEffect(() => {
    const given = { ...answers }
    if (step === 'system' && answers.of === undefined) {
      const able = candidates.filter(({ newest }) => newest)
      if (!all.asking && able.length === 1 && able[0]) return to(step, { ...given, of: able[0].of }, true)
    }
    if (step === 'source' && answers.server === undefined) {
      const server = bestServer(holdings)
      // While others are asked, one of them may hold a newer one; it is only a suggestion.
      if (server !== null && !all.asking) return to(step, { ...given, server }, true)
    }
    if (step === 'point' && answers.point === undefined) {
      const best = bestPoint(copies)
      if (best) return to(step, { ...given, point: best.point }, true)
    }
  }, [step, answers, candidates, holdings, copies, all.asking, to])
  // A verdict does not outlive a reload; what was confirmed rests on one, and on none that says no.
  useEffect(() => {
    if (step === 'confirm' && (!checked.result || checked.result.verdict === 'NO-GO'))
      to('preflight', answers, true)
  }, [step, checked.result, answers, to])

  const off = nextOff()
  function nextOff(): string | null {
    switch (wizard.step) {
      case 'system':
        if (all.servers?.length === 0) return 'there is no server yet'
        return wizard.of === undefined ? 'nothing is chosen' : null
      case 'source':
        return wizard.server === undefined ? 'no server is chosen' : null
      case 'point':
        if (wizard.point === undefined) return 'no restore point is chosen'
        return pointReady ? null : 'it is not open yet'
      case 'target':
        if (wizard.into === undefined) return 'no target is chosen'
        if (wrongLimit(wizard.limit)) return 'the speed limit is none'
        return wizard.into !== null && !isAbsolute(wizard.into) ? 'no folder is given' : null
      case 'preflight':
        return checkOff(checked)
      case 'confirm':
        return null
    }
  }

  const system = systemRecords?.find(({ name }) => answers.of === `system:${name}`)
  const until = declared === undefined ? now : Date.parse(declared)
  const steps = stepsAt(
    step,
    {
      system: answers.of && ofWords(answers.of),
      source: answers.server,
      point:
        answers.point &&
        formatMoment(stampTime(answers.point.slice(answers.point.lastIndexOf('@') + 1)), now),
      target: answers.into === null ? 'Where it came from' : answers.into,
      preflight: checked.result && `${checked.result.verdict} at ${formatClock(checked.at ?? 0, true)}`,
      confirm: null,
    },
    checked.stale,
  ).map(one => (one.state === 'done' ? { ...one, onGo: () => to(one.key, answers) } : one))

  const words = wordsOf()
  function wordsOf(): { ask?: string; help?: string } {
    switch (step) {
      case 'system':
        return {
          ask: 'What do you want back?',
          help: 'Every server is asked for what it holds; nothing is changed there.',
        }
      case 'source':
        return {
          ask: 'Where should the backup come from?',
          help: 'The first that holds the newest good restore point is chosen.',
        }
      case 'point': {
        const lost =
          declared === undefined
            ? 'Everything after the chosen moment is lost.'
            : `Everything after the chosen moment is lost. The outage began ${formatWhen(declared, now)}`
        const target =
          system?.dataLossTarget == null
            ? declared === undefined
              ? ''
              : '.'
            : `${declared === undefined ? ' The' : '; the'} target is to lose at most ${formatMinutes(system.dataLossTarget)}.`
        return { ask: 'Which moment do you want back?', help: lost + target }
      }
      case 'target':
        return {
          ask: 'Where should it go?',
          help: 'Nothing is written outside of it, whatever the backup says.',
        }
      default:
        return {}
    }
  }

  return (
    <WizardFrame
      title="Restore"
      lead={
        step === 'confirm'
          ? 'Last step. The restore starts when you press the red button.'
          : 'Nothing changes on any machine before you confirm in step 6.'
      }
      leave={href({ page: 'overview', mode: 'list' })}
      onBack={step === 'system' || step === 'confirm' ? undefined : () => to(stepBefore(step), answers)}
      next={
        step === 'confirm'
          ? undefined
          : { text: nextWords[step], off, onGo: () => to(stepAfter(step), answers) }
      }
      steps={steps}
      ask={words.ask}
      help={words.help}
      ownFocus={step === 'confirm'}
    >
      {wizard.step === 'system' && (
        <StepSystem
          all={all}
          candidates={candidates}
          chosen={wizard.of}
          now={now}
          onChoose={of => act({ is: 'of', of })}
        />
      )}
      {wizard.step === 'source' && (
        <StepSource
          all={all}
          infos={infos ?? []}
          holdings={holdings}
          chosen={wizard.server}
          now={now}
          onChoose={server => act({ is: 'server', server })}
        />
      )}
      {wizard.step === 'point' && (
        <StepPoint
          copies={copies}
          server={wizard.server}
          chosen={wizard.point}
          only={wizard.only}
          mixed={new Set(copies.map(({ name }) => name)).size > 1}
          until={until}
          target={system?.dataLossTarget ?? null}
          now={now}
          onChoose={point => act({ is: 'point', point })}
          onOnly={only => act({ is: 'only', only })}
          onReady={setPointReady}
        />
      )}
      {wizard.step === 'target' && (
        <StepTarget
          point={wizard.point}
          server={wizard.server}
          into={wizard.into}
          how={wizard}
          onInto={into => act({ is: 'into', into })}
          onHow={how => act({ is: 'how', how })}
        />
      )}
      {wizard.step === 'preflight' && (
        <StepPreflight
          checked={checked}
          point={wizard.point}
          server={wizard.server}
          onGo={next => to(next, answers)}
        />
      )}
      {wizard.step === 'confirm' && request && checked.result && (
        <StepConfirm
          of={wizard.of}
          request={request}
          result={checked.result}
          now={now}
          onBack={() => to('preflight', answers)}
          onCheckAgain={() => {
            checked.forget()
            to('preflight', answers)
          }}
        />
      )}
    </WizardFrame>
  )
}
