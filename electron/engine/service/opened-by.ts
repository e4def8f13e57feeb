import type { DecryptWith } from '../archive/age/key.ts'
import { parsePoint } from '../archive/names.ts'
import type { ServiceContext } from './context.ts'
import { keptPassphrase } from './kept-passphrase.ts'
import { given } from './runs.ts'

/** What opens a point: what a page sent, or else the passphrase of the plan of its name, when the vault holds it. */
export async function openedBy(
  { vault, log, learn }: Pick<ServiceContext, 'vault' | 'log' | 'learn'>,
  point: string,
  secret: { passphrase?: string | undefined; identity?: string | undefined } | undefined,
): Promise<DecryptWith | undefined> {
  learn(secret)
  const sent = given(secret)
  if (sent) return sent
  const { passphrase } = await keptPassphrase({ vault, log }, parsePoint(point).plan)
  return passphrase === null ? undefined : { passphrase }
}
