import { z } from 'zod'
import type { DecryptWith } from '../archive/age/key.ts'
import type { BackupFile } from '../archive/manifest.ts'
import type { ActiveRun } from '../run/index.ts'
import type { Vault } from '../vault/index.ts'

const secret = z.object({ passphrase: z.string().optional(), identity: z.string().optional() })

/** The secret of an encrypted point stays in the vault until the run ends, so that a resume need not ask again. */
export async function keptSecret(
  vault: Vault,
  run: ActiveRun,
  file: BackupFile,
  given: DecryptWith | undefined,
): Promise<DecryptWith | undefined> {
  if (!file.encryption) return undefined
  const key = `run:${run.id}`
  if (given?.passphrase || given?.identity) {
    await vault.set(key, JSON.stringify(given))
    return given
  }
  const kept = await vault.get(key)
  return kept === null ? undefined : secret.parse(JSON.parse(kept))
}
