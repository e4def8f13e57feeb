import { EngineError } from '../engine-error.ts'
import type { Vault } from './vault.ts'

/**
 * Copies every secret of one vault into another. Each is read back there: a caller that removes them from `from` only
 * after this has returned loses none, however it breaks off.
 * @param options.replace whether it comes before what `to` has under the same key
 * @param options.learn told of every secret that passes, for whoever masks them
 * @returns the keys that `to` now holds
 */
export async function carry(
  from: Vault,
  to: Vault,
  { replace, learn }: { replace: boolean; learn?: (value: string) => void },
): Promise<string[]> {
  const held: string[] = []
  for (const key of await from.names()) {
    const value = await from.get(key)
    if (value === null) continue
    learn?.(value)
    held.push(key)
    if (!replace && (await to.get(key)) !== null) continue
    await to.set(key, value)
    if ((await to.get(key)) !== value)
      throw new EngineError('auth.vault-unavailable', 'vault.move', {
        subject: to.about,
        detail: 'it did not give back what was stored in it; nothing was removed from the other one',
      })
  }
  return held
}
