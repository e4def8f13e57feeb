import { useMemo, useState } from 'react'
import type { ServerInfo, ServerTest } from '../../../shared/contract/server.ts'
import type { Failure } from '../../../shared/failure.ts'
import type { ServerSite } from '../../../shared/server.ts'
import { useCall, useDeed } from '../../app/app-context.tsx'
import {
  type Draft,
  isEqual,
  isSame,
  type Login,
  needsNoSecret,
  recordOf,
  secretsToSend,
  type Wrong,
  wrongFields,
} from './draft.ts'
import { fieldOf } from './failure-at.ts'

export type ServerForm = {
  draft: Draft
  /** Something is typed that is not saved. */
  dirty: boolean
  /** Whether the vault holds secrets for it. */
  stored: boolean
  hint: string | null
  wrong: Wrong
  /** How many fields need a change. */
  wrongCount: number
  set: (key: string, value: string) => void
  setSite: (site: ServerSite | null) => void
  setLogin: (login: Login) => void
  /** Null keeps what is stored. */
  setSecret: (key: string, value: string | null) => void
  replaceSecrets: (replace: boolean) => void
  /** Takes what was before again. */
  undo: () => void
  /** Begins with another draft, such as one of another type. @param from what counts as nothing typed */
  begin: (draft: Draft, from: Draft) => void
  test: ServerTest | null
  /** The settings were changed after that test. */
  stale: boolean
  checking: boolean
  since: number
  /** What failed before anything was tried: a wrong field has its words beside it. */
  failure: Failure | null
  /** Tries these settings out; null when a field is wrong or it was given up. */
  check: (next?: Draft) => Promise<ServerTest | null>
  stopCheck: () => void
  saving: boolean
  save: () => Promise<ServerInfo | null>
}

type Told = { failure: Failure; draft: Draft }

/** The state of one server's form. @param info null for a new server */
export function useServerForm(start: Draft, info: ServerInfo | null): ServerForm {
  const call = useCall()
  const stored = info !== null && info.hasSecrets !== false
  const [base, setBase] = useState(start)
  const [draft, setDraft] = useState(start)
  const [asked, setAsked] = useState(false)
  const [tried, setTried] = useState<{ test: ServerTest; draft: Draft } | null>(null)
  const [told, setTold] = useState<Told | null>(
    info?.lastTest?.failure ? { failure: info.lastTest.failure, draft: start } : null,
  )
  const [since, setSince] = useState(0)
  const replaces = info?.record.name ?? null
  const dirty = !isSame(draft, base)

  // Changed elsewhere: shown at once as long as nothing typed here would be lost.
  const known = JSON.stringify([recordOf(start), start.secrets === null])
  const [seen, setSeen] = useState(known)
  if (seen !== known) {
    setSeen(known)
    setBase(start)
    if (!dirty) setDraft(start)
  }

  const toSend = (next: Draft) => ({
    record: recordOf(next),
    secrets: secretsToSend(next),
    forgetSecrets: stored && needsNoSecret(next),
    replaces,
  })
  const checkDeed = useDeed((options, next: Draft) =>
    replaces !== null && isSame(next, base)
      ? call('server.test', { name: replaces }, options)
      : call('server.try', toSend(next), options),
  )
  const saveDeed = useDeed((options, next: Draft) => call('server.save', toSend(next), options))

  const local = useMemo(() => wrongFields(draft), [draft])
  const at = told && fieldOf(told.failure, told.draft)
  const wrong: Wrong = { ...(at && { [at.path]: at.words }), ...(asked && local) }

  const change = (key: string, next: (last: Draft) => Draft) => {
    setDraft(next)
    if (told && (at?.path === key || key === '*')) setTold(null)
  }

  const check = async (next = draft) => {
    setAsked(true)
    if (Object.keys(wrongFields(next)).length > 0) return null
    setSince(Date.now())
    setTold(null)
    const answer = await checkDeed.run(next)
    if (!answer) return null
    const failure = answer.ok ? answer.value.failure : answer.failure
    if (failure && failure.code !== 'cancelled') setTold({ failure, draft: next })
    if (!answer.ok) return null
    setTried({ test: answer.value, draft: next })
    return answer.value
  }

  const save = async () => {
    setAsked(true)
    if (Object.keys(local).length > 0) return null
    const answer = await saveDeed.run(draft)
    if (!answer) return null
    if (!answer.ok) {
      setTold({ failure: answer.failure, draft })
      return null
    }
    // What was typed has gone to the vault, and is kept nowhere here.
    const kept = answer.value.hasSecrets === false ? {} : null
    setBase({ ...draft, secrets: kept })
    setDraft({ ...draft, secrets: kept })
    setTried(last => last && { ...last, draft: { ...last.draft, secrets: kept } })
    setAsked(false)
    return answer.value
  }

  const begin = (next: Draft, from: Draft) => {
    setBase(from)
    setDraft(next)
    setTold(null)
    setAsked(false)
    setTried(null)
    checkDeed.clear()
    saveDeed.clear()
  }

  const callFailure = checkDeed.failure ?? saveDeed.failure
  return {
    draft,
    dirty,
    stored,
    hint: info?.keyHint ?? null,
    wrong,
    wrongCount: asked ? Object.keys(local).length : 0,
    set: (key, value) => change(key, last => ({ ...last, text: { ...last.text, [key]: value } })),
    setSite: site => change('site', last => ({ ...last, site })),
    setLogin: login => change('*', last => ({ ...last, login, secrets: {} })),
    setSecret: (key, value) =>
      change(at?.path.startsWith('secrets') ? at.path : key, last => ({
        ...last,
        secrets: value === null ? null : { ...last.secrets, [key]: value },
      })),
    replaceSecrets: replace => change('*', last => ({ ...last, secrets: replace ? {} : null })),
    undo: () => begin(base, base),
    begin,
    test: tried?.test ?? info?.lastTest ?? null,
    stale: tried ? !isEqual(tried.draft, draft) : dirty,
    checking: checkDeed.busy,
    since,
    failure: callFailure && told && fieldOf(callFailure, draft) ? null : callFailure,
    check,
    stopCheck: checkDeed.stop,
    saving: saveDeed.busy,
    save,
  }
}
