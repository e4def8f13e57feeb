import { useCallback, useEffect, useMemo, useState } from 'react'
import { useStore } from 'zustand'
import { useStores } from '../../app/app-context.tsx'
import { formatWhen } from '../../app/format.ts'
import { go } from '../../app/navigation.ts'
import { checkOff } from '../../app/parts/checks/checks.ts'
import { nextWords, stepAfter, stepBefore } from '../../app/parts/restore-steps.ts'
import { WizardFrame } from '../../app/parts/wizard-frame.tsx'
import { href, parseRoute, type RestoreStep, type RouteOf } from '../../app/router.ts'
import { useMinute } from '../backups/index.ts'
import { useChecked } from './checked.ts'
import { modeOf, withEdits } from './master.ts'
import { type Action, type Answers, readAnswers, reduce, requestOf, wizardAt, writeAnswers } from './model.ts'
import { useHoldings } from './points-store.ts'
import { bestSource, isWhole, newestWhole } from './sources.ts'
import { StepConfirm } from './step-confirm.tsx'
import { StepPoint } from './step-point.tsx'
import { StepPreflight } from './step-preflight.tsx'
import { StepSource } from './step-source.tsx'
import { type Editing, StepTarget } from './step-target.tsx'
import { nextOff, stepsOf } from './steps.ts'
import { useDeployments } from './use-deployments.ts'

/** From the second step on, when a Director is wanted back: no host is changed before the last. */
export function DirectorRestore({ route }: { route: RouteOf<'restore'> }) {
  const now = useMinute()
  const { servers, outage } = useStores()
  const infos = useStore(servers, ({ value }) => value?.servers) ?? none
  const declared = useStore(outage, ({ value }) => value?.declared)
  const answers = useMemo(() => readAnswers(route.query), [route.query])
  const asked = route.step === 'system' ? 'source' : route.step
  const wizard = useMemo(() => wizardAt(asked, answers), [asked, answers])
  const { step } = wizard
  const holdings = useHoldings()
  const deployments = useDeployments(answers.deployment)
  const { chosen, list, plansOf, view } = deployments
  const request = useMemo(
    () => (wizard.step === 'preflight' || wizard.step === 'confirm' ? requestOf(wizard) : null),
    [wizard],
  )
  const checked = useChecked(request, chosen?.record ?? null)
  const [editing, setEditing] = useState<Editing>('none')

  // A field that is left by the same key that presses Next has just changed an answer: the address has the newest.
  const newest = useCallback(() => {
    const at = parseRoute(location.hash)
    return at.page === 'restore' ? { step: at.step, answers: readAnswers(at.query) } : null
  }, [])
  const to = useCallback((next: RestoreStep, given: Answers, replace = false) => {
    go({ page: 'restore', step: next, query: writeAnswers(given) }, { replace })
  }, [])
  const act = useCallback(
    (action: Action) => {
      const at = newest()
      if (!at || at.step === 'system') return
      const given = reduce(at.answers, action)
      go(
        { page: 'restore', step: wizardAt(at.step, at.answers).step, query: writeAnswers(given) },
        { replace: true },
      )
    },
    [newest],
  )

  useEffect(() => setEditing('none'), [step])

  // What is most likely wanted is chosen already: the best server, the newest whole run, the only folder.
  const holding = answers.server === undefined ? null : (holdings.byServer.get(answers.server)?.value ?? null)
  useEffect(() => {
    if (editing !== 'none') return
    if (step === 'source' && answers.server === undefined && !holdings.asking) {
      const known = [...holdings.byServer].flatMap(([name, { value }]) =>
        value ? [[name, value] as const] : [],
      )
      const server = bestSource(known)
      const direct = known.find(([name]) => name === server)?.[1].notDirect === null
      if (server !== null) return act({ is: 'server', server, fetch: direct ? 'direct' : 'served' })
    }
    if (holding?.notDirect != null && answers.fetch === 'direct')
      return act({ is: 'how', how: { fetch: 'served' } })
    if (step === 'point' && answers.stamp === undefined && holding) {
      const newest = newestWhole(holding.points)
      if (newest) return act({ is: 'stamp', stamp: newest.stamp })
    }
    if (step === 'target' && answers.deployment === undefined && plansOf) {
      // Not the Director that is backed up: erasing that one has to be chosen.
      const [only, ...others] = (list ?? []).filter(({ record }) => !plansOf.has(record.name))
      if (only && others.length === 0) return act({ is: 'deployment', deployment: only.record.name })
    }
    if (step === 'target' && answers.mode === undefined && view) {
      const mode = view.master === null ? view.mode : (modeOf(withEdits(view.master, [])) ?? view.mode)
      if (mode) return act({ is: 'mode', mode })
    }
  }, [step, answers, holdings, holding, list, plansOf, view, act, editing])
  // A verdict does not outlive a reload; what was confirmed rests on one, and on none that says no.
  useEffect(() => {
    if (step === 'confirm' && (!checked.result || checked.result.verdict === 'NO-GO'))
      to('preflight', answers, true)
  }, [step, checked.result, answers, to])

  const point = holding?.points.find(({ stamp }) => stamp === answers.stamp)
  const off = nextOff(wizard, {
    pointGone: holding !== null && point === undefined,
    pointWhole: point === undefined || isWhole(point),
    unread: view === null || chosen === null,
    editing: editing === 'new' || editing === 'edit',
    checkOff: checkOff(checked),
  })
  const enabled = view?.master
    ? withEdits(view.master, answers.master).hosts.filter(host => host.enabled)
    : []
  const steps = stepsOf(wizard, answers, {
    now,
    hosts: enabled.map(({ name, ip }) => (name === '' ? ip : `${name}, ${ip}`)),
    verdict: checked.result && { says: checked.result.verdict, at: checked.at ?? 0 },
    stale: checked.stale,
  }).map(one =>
    one.state === 'done'
      ? {
          ...one,
          onGo: () => to(one.key, answers),
        }
      : one,
  )
  const words = wordsOf()
  function wordsOf(): { ask?: string; help?: string } {
    switch (step) {
      case 'source':
        return {
          ask: 'Where should the backup come from?',
          help: 'Every server is asked for Director backups; each row fills when its server answers.',
        }
      case 'point':
        return {
          ask: 'Which moment do you want back?',
          help: `One click takes all five files of one run. Everything after it is lost${declared === undefined ? '.' : `; the outage began ${formatWhen(declared, now)}.`}`,
        }
      case 'target':
        if (editing === 'new' || editing === 'edit')
          return {
            ask: editing === 'new' ? 'Where does the deployment folder lie?' : 'The deployment folder',
            help: 'The folder with restore.yml, master.yml and setup.sh. It is only read until the restore begins.',
          }
        if (editing === 'values')
          return {
            ask: 'Values of master.yml',
            help: 'Nothing is written yet: changes are shown as a difference, and written when the restore begins.',
          }
        return { ask: 'Where should it go?', help: targetHelp(enabled.length) }
      default:
        return {}
    }
  }

  return (
    <WizardFrame
      title="Restore"
      lead={
        step === 'confirm'
          ? 'Last step. The target is erased when you press the red button.'
          : 'Nothing changes on any host before you confirm in step 6.'
      }
      leave={href({ page: 'overview', mode: 'list' })}
      onBack={
        step === 'confirm'
          ? undefined
          : () => (editing === 'none' ? to(stepBefore(step), answers) : setEditing('none'))
      }
      next={
        step === 'confirm'
          ? undefined
          : {
              text: nextWords[step],
              off,
              onGo: () => to(stepAfter(step), newest()?.answers ?? answers),
            }
      }
      steps={steps}
      ask={words.ask}
      help={words.help}
      ownFocus={step === 'confirm'}
      sight={editing}
    >
      {wizard.step === 'source' && (
        <StepSource
          holdings={holdings}
          infos={infos}
          chosen={wizard.server}
          fetch={wizard.fetch}
          now={now}
          onChoose={(server, fetch) => act({ is: 'server', server, fetch })}
        />
      )}
      {wizard.step === 'point' && (
        <StepPoint
          holdings={holdings}
          server={wizard.server}
          chosen={wizard.stamp}
          until={declared === undefined ? now : Date.parse(declared)}
          now={now}
          onChoose={stamp => act({ is: 'stamp', stamp })}
        />
      )}
      {wizard.step === 'target' && (
        <StepTarget
          wizard={wizard}
          deployments={deployments}
          infos={infos}
          holdings={holdings}
          editing={editing}
          onEditing={setEditing}
          act={act}
        />
      )}
      {wizard.step === 'preflight' && (
        <StepPreflight
          checked={checked}
          deployment={chosen}
          onEdit={edit => act({ is: 'edit', edit })}
          onSaved={deployments.again}
          onGo={next => to(next, answers)}
          onServe={wizard.fetch === 'direct' ? () => act({ is: 'how', how: { fetch: 'served' } }) : undefined}
        />
      )}
      {wizard.step === 'confirm' && request && checked.result && (
        <StepConfirm
          request={request}
          result={checked.result}
          plans={plansOf?.get(request.deployment) ?? none}
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

const none: readonly never[] = []

const targetHelp = (enabled: number): string => {
  if (enabled === 0)
    return 'The hosts stand in master.yml of the deployment folder. Those that are enabled are erased and rebuilt.'
  return enabled === 1
    ? 'These are the servers written in master.yml. One is enabled: that one is erased and rebuilt.'
    : `These are the servers written in master.yml. ${enabled} are enabled: they are erased and rebuilt.`
}
