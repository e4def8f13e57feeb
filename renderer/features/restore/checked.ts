import type { Preflight, RestoreRequest } from '../../../shared/contract/restore.ts'
import { type CheckKind, checkHook } from '../../app/parts/checks/checks.ts'

const checks: CheckKind<RestoreRequest, Preflight['lines'][number], Preflight> = {
  ask: (call, id, request, options) => call('restore.preflight', { id, request }, options),
  hear: (on, told) => on('restore.checked', ({ id, line }) => told(id, line)),
}

/** The preflight of these answers. */
export const useChecked = checkHook(checks)
