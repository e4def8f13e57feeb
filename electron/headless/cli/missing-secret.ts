import { EngineError } from '../../engine/engine-error.ts'

/** Whether a call failed only because a secret was not given: then a person can be asked for it. */
export const isAuthSecretMissing = (err: unknown): boolean =>
  err instanceof EngineError && err.code === 'auth.secret-missing'
