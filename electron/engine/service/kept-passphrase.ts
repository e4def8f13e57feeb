import { EngineError } from '../engine-error.ts'
import { passphraseOf } from '../schedule/index.ts'
import type { ServiceContext } from './context.ts'

type Needs = Pick<ServiceContext, 'vault' | 'log'>

/** Failures that were told already, by code: a page asks again and again. */
const told = new WeakMap<object, Set<string>>()

/**
 * The passphrase of a plan, when the vault holds one. A vault that cannot be asked must not keep anybody from a point
 * that needs no passphrase: then there is none, the log says why, and `failure` is what to throw when one is needed.
 */
export async function keptPassphrase(
  { vault, log }: Needs,
  plan: string,
): Promise<{ passphrase: string | null; failure: EngineError | null }> {
  try {
    return { passphrase: await passphraseOf(vault, plan), failure: null }
  } catch (err) {
    const failure =
      err instanceof EngineError
        ? err
        : new EngineError('data.format', 'vault.read', {
            subject: plan,
            detail: 'what the vault holds as its passphrase cannot be read',
            cause: err,
          })
    const codes = told.get(vault) ?? new Set()
    told.set(vault, codes)
    if (!codes.has(failure.code)) {
      codes.add(failure.code)
      log('warn', 'the vault could not be asked for the passphrase of a plan', { plan, err })
    }
    return { passphrase: null, failure }
  }
}
