import { useMemo, useState } from 'react'
import type { PlanInfo } from '../../../shared/contract/plan.ts'
import type { Failure } from '../../../shared/failure.ts'
import { useCall, useDeed, useStores } from '../../app/app-context.tsx'
import {
  fieldOfSubject,
  minutesOf,
  newSystem,
  passphraseOf,
  type PlanDraft,
  settingsOf,
  type Wrong,
  wrongInPlan,
} from './draft.ts'

export type PlanForm = {
  draft: PlanDraft
  dirty: boolean
  wrong: Wrong
  wrongCount: number
  change: (part: Partial<PlanDraft>) => void
  saving: boolean
  /** What no field has to answer for. */
  failure: Failure | null
  save: () => Promise<PlanInfo | null>
}

/** The state of the editor. @param replaces name of the plan that is changed; null for a new one */
export function usePlanForm(start: PlanDraft, replaces: string | null): PlanForm {
  const call = useCall()
  const { systems } = useStores()
  const [base, setBase] = useState(start)
  const [draft, setDraft] = useState(start)
  const [asked, setAsked] = useState(false)
  const [told, setTold] = useState<{ path: string; words: string } | null>(null)
  const local = useMemo(() => wrongInPlan(draft), [draft])
  const system = useDeed((options, next: PlanDraft) =>
    call(
      'system.save',
      {
        record: {
          name: next.newSystem.name.trim(),
          kind: next.kind === 'command' ? 'command' : 'folder',
          dataLossTarget: minutesOf(next.newSystem.dataLoss),
          recoveryTarget: minutesOf(next.newSystem.recovery),
        },
        replaces: null,
      },
      options,
    ),
  )
  const plan = useDeed((options, next: PlanDraft) =>
    call('plan.save', { settings: settingsOf(next), replaces, passphrase: passphraseOf(next) }, options),
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
    const saved = await plan.run(next)
    if (!saved) return null
    if (!saved.ok) {
      tell(saved.failure)
      return null
    }
    setBase(next)
    return saved.value
  }

  const failure = system.failure ?? plan.failure
  return {
    draft,
    dirty: JSON.stringify(draft) !== JSON.stringify(base),
    wrong: { ...(told && { [told.path]: told.words }), ...(asked && local) },
    wrongCount: asked ? Object.keys(local).length : 0,
    change: part => {
      setDraft(last => ({ ...last, ...part }))
      setTold(null)
      system.clear()
      plan.clear()
    },
    saving: system.busy || plan.busy,
    failure: failure !== null && told === null ? failure : null,
    save,
  }
}

const sentence = (text: string) =>
  `${text.charAt(0).toUpperCase()}${text.slice(1)}${/[.!?]$/.test(text) ? '' : '.'}`
