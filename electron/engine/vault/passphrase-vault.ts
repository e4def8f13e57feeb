import { randomBytes, scrypt } from 'node:crypto'
import { join } from 'node:path'
import { z } from 'zod'
import { EngineError } from '../engine-error.ts'
import { keyBytes } from './sealed-text.ts'
import type { Vault } from './vault.ts'
import {
  VaultFile,
  emptyVault,
  opensVault,
  readVaultFile,
  vaultContent,
  withVaultLock,
} from './vault-file.ts'

/** What a new vault costs to open: 128 MiB and about half a second. */
const newCost = { N: 2 ** 17, r: 8, p: 1 } as const
/** Most memory a vault file may ask for, bytes: a file from elsewhere must not take the machine down. */
const maxMemory = 1024 * 1024 * 1024

const scryptSettings = z.object({
  name: z.literal('scrypt'),
  // The lower bound keeps a changed file from having the passphrase tried out cheaply.
  N: z
    .number()
    .int()
    .min(2 ** 15)
    .max(2 ** 20)
    .refine(n => Number.isInteger(Math.log2(n))),
  r: z.number().int().min(8).max(32),
  p: z.number().int().min(1).max(4),
  salt: z.base64().min(20).max(200),
})
const content = vaultContent.extend({ kdf: scryptSettings.refine(({ N, r }) => 128 * N * r <= maxMemory) })
type Content = z.infer<typeof content>

/** The file of the passphrase vault of a state folder. */
export function passphraseVaultFile(home: string): string {
  return join(home, 'vault.json')
}

/**
 * Opens the passphrase vault of `home`; one that is not there is made. @throws auth.passphrase when the passphrase is
 * another one than the vault was made with
 */
export async function openPassphraseVault(home: string, passphrase: string): Promise<Vault> {
  const file = passphraseVaultFile(home)
  // Characters that look alike can be typed in two ways; one must open what the other made.
  const typed = passphrase.normalize('NFC')
  if (typed === '')
    throw new EngineError('input.invalid', 'vault.open', { subject: file, detail: 'the passphrase is empty' })

  let found = await readVaultFile(file, content)
  let key: Buffer
  if (found) key = await deriveKey(typed, found.kdf)
  else {
    // Two first starts at once must not make two vaults.
    ;[found, key] = await withVaultLock(file, async () => {
      const existing = await readVaultFile(file, content)
      if (existing) return [existing, await deriveKey(typed, existing.kdf)] as const
      const kdf = { name: 'scrypt' as const, ...newCost, salt: randomBytes(16).toString('base64') }
      const fresh = await deriveKey(typed, kdf)
      const made: Content = { ...emptyVault(fresh), kdf }
      await VaultFile.write(file, made)
      return [made, fresh] as const
    })
  }
  if (!opensVault(key, found)) {
    throw new EngineError('auth.passphrase', 'vault.open', {
      subject: file,
      detail: 'the passphrase does not open this vault',
    })
  }
  const entries = new VaultFile(file, content, key, found, ({ kdf, check }) => `${kdf.salt} ${check}`)
  return {
    tier: 'passphrase',
    persistent: true,
    about: `the passphrase vault ${file}`,
    get: name => entries.get(name),
    set: (name, value) => entries.set(name, value),
    remove: name => entries.remove(name),
    names: () => entries.names(),
  }
}

function deriveKey(passphrase: string, { N, r, p, salt }: z.infer<typeof scryptSettings>): Promise<Buffer> {
  return new Promise((resolve, reject) => {
    const options = { N, r, p, maxmem: 2 * maxMemory }
    scrypt(passphrase, Buffer.from(salt, 'base64'), keyBytes, options, (err, key) => {
      if (err) reject(new EngineError('internal', 'vault.open', { detail: err.message, cause: err }))
      else resolve(key)
    })
  })
}
