import type { RestoreRequest } from '../../../shared/contract/restore.ts'
import { readLimit } from '../../app/limit-text.ts'
import type { RestoreStep } from '../../app/router.ts'

/**
 * The wizard as a union in which each step carries the earlier answers: a target without a restore point cannot be
 * written down. The address holds all of it but secrets, so that a reload loses nothing.
 */
export type Wizard =
  | ({ step: 'system' } & Partial<Of>)
  | ({ step: 'source' } & Of & Partial<From> & Later)
  | ({ step: 'point' } & Of & From & Partial<What> & Later)
  | ({ step: 'target' } & Of & From & What & Later)
  | ({ step: 'preflight' | 'confirm' } & Of & From & What & Whole)

/** What is wanted back: `system:NAME`, or `name:NAME` for restore points whose plan this machine does not know. */
export type Of = { of: string }
export type From = { server: string }
/** `only`: GLOBs of what is chosen of it; empty for everything. */
export type What = { point: string; only: readonly string[] }
export const policies = ['never', 'older', 'different', 'always'] as const
export type Policy = (typeof policies)[number]
/** `limit`: as it was typed; empty for the one of the settings. */
export type How = {
  overwrite: Policy
  fullPaths: boolean
  numericIds: boolean
  special: boolean
  limit: string
}
/** `into`: a folder; null: where it came from. */
export type Whole = { into: string | null } & How
/** Answers to later steps that are kept while an earlier one is given again. `into: undefined`: none yet. */
type Later = { into: string | null | undefined; only: readonly string[] } & How

export type Action =
  | { is: 'of'; of: string }
  | { is: 'server'; server: string }
  | { is: 'point'; point: string }
  | { is: 'only'; only: readonly string[] }
  | { is: 'into'; into: string | null }
  | { is: 'how'; how: Partial<How> }
  | { is: 'go'; step: RestoreStep }

/** All answers side by side, as the address has them. */
export type Answers = {
  of?: string
  server?: string
  point?: string
  only: readonly string[]
  into: string | null | undefined
} & How

/** Whether something was typed that is no limit. */
export const wrongLimit = (limit: string): boolean => limit.trim() !== '' && readLimit(limit) === null

/** Stands in the address for "where it came from": no absolute path begins so. */
const origin = '+origin'
/** Stands for a folder whose path is not typed yet: an address keeps no empty answer. */
const unnamed = '+folder'

export function readAnswers(query: Readonly<Record<string, string>> = {}): Answers {
  const { of, server, point, only, into } = query
  return {
    ...(of && { of }),
    ...(server && { server }),
    ...(point && { point }),
    only: only ? only.split('\n').filter(Boolean) : [],
    into: into === origin ? null : into === unnamed ? '' : into === '' ? undefined : into,
    overwrite: policies.find(policy => policy === query['overwrite']) ?? 'never',
    fullPaths: query['fullPaths'] === 'yes',
    numericIds: query['numericIds'] === 'yes',
    special: query['special'] === 'yes',
    limit: query['limit'] ?? '',
  }
}

export function writeAnswers(answers: Answers): Record<string, string> {
  const yes = (on: boolean) => (on ? 'yes' : '')
  return {
    of: answers.of ?? '',
    server: answers.server ?? '',
    point: answers.point ?? '',
    only: answers.only.join('\n'),
    into: answers.into === null ? origin : answers.into === '' ? unnamed : (answers.into ?? ''),
    overwrite: answers.overwrite === 'never' ? '' : answers.overwrite,
    fullPaths: yes(answers.fullPaths),
    numericIds: yes(answers.numericIds),
    special: yes(answers.special),
    limit: answers.limit,
  }
}

/** The step that was asked for, or the first before it that lacks an answer. */
export function wizardAt(step: RestoreStep, answers: Answers): Wizard {
  const { of, server, point, into, ...rest } = answers
  if (step === 'system' || of === undefined) return { step: 'system', ...(of !== undefined && { of }) }
  if (step === 'source' || server === undefined)
    return { step: 'source', of, ...(server !== undefined && { server }), into, ...rest }
  if (step === 'point' || point === undefined)
    return { step: 'point', of, server, ...(point !== undefined && { point }), into, ...rest }
  if (step === 'target' || into === undefined || into === '' || wrongLimit(rest.limit))
    return { step: 'target', of, server, point, into, ...rest }
  return { step, of, server, point, into, ...rest }
}

/** Changes an answer. What no longer fits goes with it: another server may not hold the point that was chosen. */
export function reduce(answers: Answers, action: Action): Answers {
  switch (action.is) {
    case 'of': {
      if (action.of === answers.of) return answers
      const { server: _, point: __, ...rest } = answers
      return { ...rest, of: action.of, only: [] }
    }
    case 'server': {
      if (action.server === answers.server) return answers
      const { point: _, ...rest } = answers
      return { ...rest, server: action.server }
    }
    case 'point':
      return { ...answers, point: action.point }
    case 'only':
      return { ...answers, only: action.only }
    case 'into':
      return { ...answers, into: action.into }
    case 'how':
      return { ...answers, ...action.how }
    case 'go':
      return answers
  }
}

/** What the engine is asked to do; without the secret, which no answer holds. */
export function requestOf(wizard: Extract<Wizard, { step: 'preflight' | 'confirm' }>): RestoreRequest {
  const { point, server, into, only, overwrite, fullPaths, numericIds, special, limit } = wizard
  const how = { overwrite, fullPaths, numericIds, special, limit: readLimit(limit) }
  return { point, server, into, only: [...only], ...how }
}

/** What is wanted, in words. */
export const ofWords = (of: string): string => of.replace(/^(?:system|name):/, '')

export const policyWords: Record<Policy, { title: string; detail: string }> = {
  never: { title: 'Keep what is there', detail: 'Only what is missing is restored.' },
  older: { title: 'Replace what is older', detail: 'What was changed after the backup stays.' },
  different: {
    title: 'Replace what differs',
    detail: 'Contents are compared; what is equal is not written again.',
  },
  always: { title: 'Replace everything', detail: 'What stands there under the same names is lost.' },
}
