import type { DecryptWith } from '../archive/age/key.ts'
import { parsePoint } from '../archive/names.ts'
import { passphraseOf } from '../schedule/index.ts'
import type { ServiceContext } from './context.ts'
import { given } from './runs.ts'

/** What opens a point: what a page sent, or else the passphrase of the plan of its name, when the vault holds it. */
export async function openedBy(
  { vault, learn }: Pick<ServiceContext, 'vault' | 'learn'>,
  point: string,
  secret: { passphrase?: string | undefined; identity?: string | undefined } | undefined,
): Promise<DecryptWith | undefined> {
  learn(secret)
  const sent = given(secret)
  if (sent) return sent
  const passphrase = await passphraseOf(vault, parsePoint(point).plan).catch(() => null)
  return passphrase === null ? undefined : { passphrase }
}
