import type { DirectorPreflight, DirectorRequest } from '../../../shared/contract/director.ts'
import type { MasterEdit } from '../../../shared/director.ts'
import {
  directorComponents,
  directorFileName,
  type DirectorMode,
  directorModes,
} from '../../../shared/director-files.ts'
import type { RestoreStep } from '../../app/router.ts'

/**
 * The wizard for a Director as a union in which each step carries the earlier answers: a target without a restore
 * point cannot be written down. The address holds all of it, so that a reload loses nothing; secrets are not in it,
 * an edit only names what the vault keeps.
 */
export type DirectorWizard =
  | ({ step: 'source' } & Partial<From> & How)
  | ({ step: 'point' } & From & Partial<What> & How)
  | ({ step: 'target' } & From & What & Partial<Where> & How)
  | ({ step: 'preflight' | 'confirm' } & From & What & Where & How)

/** What stands for a Director in the address, beside `system:NAME` and `name:NAME`. */
export const directorOf = 'director'

export type From = { server: string }
export type What = { stamp: string }
/** The deployment folder, by its name, and how many hosts are restored. */
export type Where = { deployment: string; mode: DirectorMode }
export type How = {
  fetch: DirectorRequest['fetch']
  /** Empty: the address the hosts are reached from. */
  serveOn: string
  /** Empty: no copy is taken. */
  safetyCopy: string
  /** Changes to `master.yml`, at most one for each path. */
  master: readonly MasterEdit[]
}
/** All answers side by side, as the address has them. */
export type Answers = Partial<From & What & Where> & How

export type Action =
  | { is: 'server'; server: string; fetch: How['fetch'] }
  | { is: 'stamp'; stamp: string }
  | { is: 'deployment'; deployment: string }
  /** The same folder under another name. */
  | { is: 'renamed'; deployment: string }
  | { is: 'mode'; mode: DirectorMode }
  /** `was`: what the file says; setting that again takes the edit away. */
  | { is: 'edit'; edit: MasterEdit; was?: string | number | boolean | null }
  | { is: 'undo'; path: MasterEdit['path'] }
  | { is: 'undo-all' }
  | { is: 'how'; how: Partial<Omit<How, 'master'>> }

export function readAnswers(query: Readonly<Record<string, string>> = {}): Answers {
  const { server, stamp, deployment } = query
  const mode = directorModes.find(known => known === query['mode'])
  return {
    ...(server && { server }),
    ...(stamp && { stamp }),
    ...(deployment && { deployment }),
    ...(mode && { mode }),
    fetch: query['fetch'] === 'served' ? 'served' : 'direct',
    serveOn: query['serveOn'] ?? '',
    safetyCopy: query['safetyCopy'] ?? '',
    master: readEdits(query['edits'] ?? ''),
  }
}

/** An address may hold anything; what is in an edit, the engine looks at again. */
function isEdit(what: unknown): what is MasterEdit {
  if (typeof what !== 'object' || what === null || !('op' in what && 'path' in what)) return false
  const { op, path } = what
  const steps = Array.isArray(path) && path.length > 0 && path.length <= 12
  if (!steps || !path.every(step => typeof step === 'string' || Number.isInteger(step))) return false
  if (op === 'secret') return 'draft' in what && typeof what.draft === 'string'
  return op === 'set' && 'value' in what && (what.value === null || typeof what.value !== 'object')
}

/** Changes as the address has them; none when it has something else. */
export function readEdits(text: string): readonly MasterEdit[] {
  if (text === '') return []
  try {
    const found: unknown = JSON.parse(text)
    return Array.isArray(found) && found.length <= 200 && found.every(isEdit) ? found : []
  } catch {
    return []
  }
}

export const writeEdits = (edits: readonly MasterEdit[]): string =>
  edits.length === 0 ? '' : JSON.stringify(edits)

export function writeAnswers(answers: Answers): Record<string, string> {
  const { server, stamp, deployment, mode, fetch, serveOn, safetyCopy, master } = answers
  return {
    of: directorOf,
    server: server ?? '',
    stamp: stamp ?? '',
    deployment: deployment ?? '',
    mode: mode ?? '',
    fetch: fetch === 'direct' ? '' : fetch,
    serveOn,
    safetyCopy,
    edits: writeEdits(master),
  }
}

/** The address's answers when a Director is chosen in the first step: those of before, if it was chosen then too. */
export const directorQuery = (query: Readonly<Record<string, string>> = {}): Record<string, string> =>
  query['of'] === directorOf ? { ...query } : { of: directorOf }

/** The step that was asked for, or the first before it that lacks an answer. */
export function wizardAt(step: Exclude<RestoreStep, 'system'>, answers: Answers): DirectorWizard {
  const { server, stamp, deployment, mode, ...how } = answers
  if (step === 'source' || server === undefined)
    return { step: 'source', ...(server !== undefined && { server }), ...how }
  if (step === 'point' || stamp === undefined)
    return { step: 'point', server, ...(stamp !== undefined && { stamp }), ...how }
  const there = { ...(deployment !== undefined && { deployment }), ...(mode && { mode }) }
  if (step === 'target' || deployment === undefined || mode === undefined)
    return { step: 'target', server, stamp, ...there, ...how }
  return { step, server, stamp, deployment, mode, ...how }
}

/** Changes an answer. What no longer fits goes with it: changes to another folder's `master.yml` mean nothing. */
export function reduce(answers: Answers, action: Action): Answers {
  switch (action.is) {
    case 'server': {
      if (action.server === answers.server) return { ...answers, fetch: action.fetch }
      const { stamp: _, ...rest } = answers
      return { ...rest, server: action.server, fetch: action.fetch }
    }
    case 'stamp':
      return { ...answers, stamp: action.stamp }
    case 'deployment': {
      const { mode: _, ...rest } = answers
      return { ...rest, deployment: action.deployment, master: [], serveOn: '' }
    }
    case 'renamed':
      return { ...answers, deployment: action.deployment }
    case 'mode':
      return { ...answers, mode: action.mode }
    case 'edit':
      return { ...answers, master: withEdit(answers.master, action.edit, action.was) }
    case 'undo':
      return { ...answers, master: withoutEdit(answers.master, action.path) }
    case 'undo-all':
      return { ...answers, master: [] }
    case 'how':
      return { ...answers, ...action.how }
  }
}

type Edits = readonly MasterEdit[]

/** With one more change. `was`: what the file says; setting that again takes the change away. */
export function withEdit(edits: Edits, edit: MasterEdit, was?: string | number | boolean | null): Edits {
  const others = withoutEdit(edits, edit.path)
  return edit.op === 'set' && was !== undefined && edit.value === was ? others : [...others, edit]
}

export const withoutEdit = (edits: Edits, path: MasterEdit['path']): Edits =>
  edits.filter(other => !isSamePath(other.path, path))

export const isSamePath = (a: MasterEdit['path'], b: MasterEdit['path']): boolean =>
  a.length === b.length && a.every((part, index) => part === b[index])

/** What will be written before the restore: the five names of the run that was chosen, and the changes. */
export function editsOf({ stamp, master }: { stamp: string; master: readonly MasterEdit[] }) {
  const names = Object.fromEntries(
    directorComponents.map(component => [component, directorFileName(component, stamp)]),
  ) as Record<(typeof directorComponents)[number], string>
  return { names, master: [...master] }
}

/** What the engine is asked to do; every change of an answer makes it another. */
export function requestOf(
  wizard: Extract<DirectorWizard, { step: 'preflight' | 'confirm' }>,
): DirectorRequest {
  const { server, stamp, deployment, mode, fetch, serveOn, safetyCopy } = wizard
  return {
    ...{ deployment, mode, server, stamp, fetch },
    edits: editsOf(wizard),
    serveOn: fetch === 'served' && serveOn.trim() !== '' ? serveOn.trim() : null,
    safetyCopy: safetyCopy === '' ? null : safetyCopy,
  }
}

/** Whether every name that must be typed is, to the letter and in its own field. */
export const allTyped = ({ confirm }: Pick<DirectorPreflight, 'confirm'>, typed: readonly string[]) =>
  confirm.length > 0 && confirm.every((word, index) => typed[index] === word)

export const modeWords: Record<DirectorMode, string> = { standalone: 'Standalone', cluster: 'Cluster' }
