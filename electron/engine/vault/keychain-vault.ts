import { randomBytes } from 'node:crypto'
import { join } from 'node:path'
import { z } from 'zod'
import { EngineError } from '../engine-error.ts'
import type { Keychain } from './keychain.ts'
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

const content = vaultContent.extend({ id: z.string().regex(/^[0-9a-f]{16}$/) })
type Content = z.infer<typeof content>

const names: Partial<Record<NodeJS.Platform, string>> = {
  darwin: 'the macOS keychain',
  win32: 'the Windows credential manager',
  linux: 'the Secret Service of this desktop (GNOME Keyring, KWallet, …)',
}

/** The file whose entries open only with the key that the keychain holds. */
export function keychainVaultFile(home: string): string {
  return join(home, 'vault.keychain.json')
}

/**
 * Opens the keychain vault of `home`; one that is not there is made. The keychain holds one short item, the key;
 * Windows takes no more than 2560 bytes per credential, which a private key may exceed.
 */
export async function openKeychainVault(home: string, keychain: Keychain): Promise<Vault> {
  const file = keychainVaultFile(home)
  const found =
    (await readVaultFile(file, content)) ??
    (await withVaultLock(
      file,
      async () => (await readVaultFile(file, content)) ?? (await createVault(file, keychain)),
    ))

  const stored = await keychain.get(accountOf(found))
  const key = stored === null ? null : Buffer.from(stored, 'base64')
  if (!key || key.length !== keyBytes || !opensVault(key, found)) {
    throw new EngineError('auth.vault-unavailable', 'vault.open', {
      subject: file,
      detail:
        'the keychain does not hold the key of this file any more; when the file is moved away a new vault begins',
    })
  }
  const entries = new VaultFile(file, content, key, found, ({ id, check }) => `${id} ${check}`)
  return {
    tier: 'keychain',
    persistent: true,
    about: names[process.platform] ?? 'the OS keychain',
    get: name => entries.get(name),
    set: (name, value) => entries.set(name, value),
    remove: name => entries.remove(name),
    names: () => entries.names(),
  }
}

async function createVault(file: string, keychain: Keychain): Promise<Content> {
  const key = randomBytes(keyBytes)
  const made: Content = { ...emptyVault(key), id: randomBytes(8).toString('hex') }
  // The key first: a file whose key was never stored would be a vault that nobody can open.
  await keychain.set(accountOf(made), key.toString('base64'))
  await VaultFile.write(file, made)
  return made
}

const accountOf = ({ id }: Content) => `vault-${id}`
