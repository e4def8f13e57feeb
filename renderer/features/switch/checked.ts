import type { DirectorLine } from '../../../shared/contract/director.ts'
import type { SwitchPreflight } from '../../../shared/contract/switch.ts'
import type { InputOf } from '../../../shared/contract/index.ts'
import { type CheckKind, checkHook } from '../../app/parts/checks/checks.ts'

export type StepRequest = InputOf<'switch.preflight'>

const idOf = ({ id, step }: Pick<StepRequest, 'id' | 'step'>) => `${id}/${step}`

/** Lines come under the switch-over and its step. */
export const stepChecks: CheckKind<StepRequest, DirectorLine, SwitchPreflight> = {
  ask: (call, _id, request, options) => call('switch.preflight', request, options),
  hear: (on, told) => on('switch.checked', ({ line, ...of }) => told(idOf(of), line)),
  idOf,
}

/** The preflight of a step. `beside`: its deployment's record and its newest run; null while that is not known. */
export const useChecked = checkHook(stepChecks)
