import type { DirectorLine, DirectorPreflight, DirectorRequest } from '../../../shared/contract/director.ts'
import { type CheckKind, checkHook } from '../../app/parts/checks/checks.ts'

/** The preflight of a Director restore. */
export const directorChecks: CheckKind<DirectorRequest, DirectorLine, DirectorPreflight> = {
  ask: (call, id, request, options) => call('director.preflight', { id, request }, options),
  hear: (on, told) => on('director.checked', ({ id, line }) => told(id, line)),
}

/** `beside`: the record of the deployment folder: a key that was pinned makes it another. */
export const useChecked = checkHook(directorChecks)
