import { EngineError } from '../engine-error.ts'

/** For a call whose part of the engine is not there yet. */
export const unbound = (name: string) => async (): Promise<never> => {
  throw new EngineError('remote.unsupported', name, { detail: 'this version cannot do that yet' })
}
