import { useMemo, useState } from 'react'
import type { PlanInfo } from '../../../shared/contract/plan.ts'
import { systemKindOf } from '../../../shared/plan-source.ts'
import type { Failure } from '../../../shared/failure.ts'
import { useCall, useDeed, useStores } from '../../app/app-context.tsx'
import {
  draftOfPlan,
  fieldOfSubject,
  minutesOf,
  newSystem,
  passphraseOf,
  type PlanDraft,
  settingsOf,
  type Wrong,
  wrongInPlan,
} from './draft.ts'
import { useMissingPaths } from './use-missing-paths.ts'

export type PlanForm = {
  draft: PlanDraft
  dirty: boolean
  wrong: Wrong
  wrongCount: number
  change: (part: Partial<PlanDraft>) => void
  saving: boolean
  /** What no field has to answer for. */
  failure: Failure | null
  /** Paths of it that are not there now. */
  missing: readonly string[]
  /** It was not saved yet because of them: the next time it is. */
  warned: boolean
  save: () => Promise<PlanInfo | null>
  /** The revision that the change is made from; absent for a new plan. */
  revision: string | undefined
  /** Another change was saved meanwhile: `mine` goes on with what is typed, `theirs` begins anew with what was saved. */
  take: (which: 'mine' | 'theirs', plan: PlanInfo) => void
}

/** The state of the editor. @param plan that is changed; null for a new one */
export function usePlanForm(start: PlanDraft, plan: PlanInfo | null): PlanForm {
  const replaces = plan?.settings.name ?? null
  const call = useCall()
  const { systems } = useStores()
  const [base, setBase] = useState(start)
  const [draft, setDraft] = useState(start)
  const [asked, setAsked] = useState(false)
  const [revision, setRevision] = useState(plan?.revision)
  const paths = useMissingPaths(draft)
  const [told, setTold] = useState<{ path: string; words: string } | null>(null)
  const local = useMemo(() => wrongInPlan(draft), [draft])
  const system = useDeed((options, next: PlanDraft) =>
    call(
      'system.save',
      {
        record: {
          name: next.newSystem.name.trim(),
          kind: systemKindOf[next.kind],
          dataLossTarget: minutesOf(next.newSystem.dataLoss),
          recoveryTarget: minutesOf(next.newSystem.recovery),
          ...(next.kind === 'director' && { deployment: next.deployment }),
        },
        replaces: null,
      },
      options,
    ),
  )
  const saving = useDeed((options, next: PlanDraft) =>
    call(
      'plan.save',
      {
        settings: settingsOf(next),
        replaces,
        passphrase: passphraseOf(next),
        ...(revision !== undefined && { revision }),
      },
      options,
    ),
  )

  const tell = (failure: Failure, prefix = '') => {
    if (failure.code === 'auth.secret-missing') setTold({ path: 'passphrase', words: 'Give a passphrase.' })
    else if (failure.code === 'input.invalid' && failure.subject)
      setTold({
        path: `${prefix}${fieldOfSubject(failure.subject === draft.name ? 'name' : failure.subject)}`,
        words: sentence(failure.detail ?? 'This was not understood'),
      })
  }

  const save = async () => {
    setAsked(true)
    setTold(null)
    if (Object.keys(local).length > 0) return null
    // Once: what is not there now may well be there when the plan runs.
    if (!(await paths.confirm())) return null
    let next = draft
    if (draft.system === newSystem) {
      const added = await system.run(draft)
      if (!added) return null
      if (!added.ok) {
        tell(added.failure, 'newSystem.')
        return null
      }
      // It stays, whatever becomes of the plan: the next try takes it.
      await systems.refresh()
      next = { ...draft, system: added.value.name }
      setDraft(next)
    }
    const saved = await saving.run(next)
    if (!saved) return null
    if (!saved.ok) {
      tell(saved.failure)
      return null
    }
    setBase(next)
    setRevision(saved.value.revision)
    return saved.value
  }

  const failure = system.failure ?? saving.failure
  return {
    draft,
    dirty: JSON.stringify(draft) !== JSON.stringify(base),
    wrong: { ...(told && { [told.path]: told.words }), ...(asked && local) },
    wrongCount: asked ? Object.keys(local).length : 0,
    change: part => {
      setDraft(last => ({ ...last, ...part }))
      setTold(null)
      system.clear()
      saving.clear()
    },
    saving: system.busy || saving.busy,
    failure: failure !== null && told === null ? failure : null,
    missing: paths.missing,
    warned: paths.warned,
    save,
    revision,
    take: (which, now) => {
      setRevision(now.revision)
      saving.clear()
      if (which === 'mine') return
      const theirs = draftOfPlan(now.settings)
      setBase(theirs)
      setDraft(theirs)
      setAsked(false)
      setTold(null)
    },
  }
}

const sentence = (text: string) =>
  `${text.charAt(0).toUpperCase()}${text.slice(1)}${/[.!?]$/.test(text) ? '' : '.'}`
