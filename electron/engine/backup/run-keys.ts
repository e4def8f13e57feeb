import { randomBytes } from 'node:crypto'
import { z } from 'zod'
import type { FileKey } from '../archive/age/key.ts'
import { sealKey } from '../archive/age/key.ts'
import { EngineError } from '../engine-error.ts'
import type { SecretStore } from '../ports.ts'
import type { ActiveRun } from '../run/index.ts'
import type { BackupOptions } from './options.ts'

/** The keys of a run that encrypts: one for the backup file, one for its entry list. */
export type RunKeys = { data: FileKey; entries: FileKey }

const base64 = z.string().transform(text => Buffer.from(text, 'base64'))
const stored = z.object({ key: base64, header: base64, nonce: base64 })
const storedKeys = z.object({ data: stored, entries: stored })
const vaultKey = (run: ActiveRun) => `run:${run.id}`

/**
 * The keys of the run, made at its start and kept in the vault until it ends, so that a resume goes on with the same.
 * @returns null for a run that does not encrypt; `lost` when a resume finds none (the vault was memory only)
 */
export async function runKeys(
  run: ActiveRun,
  options: BackupOptions,
  vault: SecretStore,
  resume: boolean,
  passphrase: string | undefined,
): Promise<RunKeys | null | 'lost'> {
  const { encryptTo } = options
  if (encryptTo === null) return null
  if (resume) {
    const text = await vault.get(vaultKey(run))
    return text === null ? 'lost' : storedKeys.parse(JSON.parse(text))
  }
  if (encryptTo === 'passphrase' && !passphrase)
    throw new EngineError('auth.secret-missing', 'backup.start', { detail: 'the passphrase to encrypt with' })
  const to = encryptTo === 'passphrase' ? { passphrase: passphrase! } : encryptTo
  const keys = { data: await sealKey(to), entries: await sealKey(to) }
  await save(run, vault, keys)
  return keys
}

/**
 * For a run that begins anew with the keys it has: content sealed once more under the same key and nonce could be read
 * by who saw both. Another nonce makes another key, and needs no passphrase.
 */
export async function renewKeys(run: ActiveRun, vault: SecretStore, keys: RunKeys): Promise<RunKeys> {
  const renewed = {
    data: { ...keys.data, nonce: randomBytes(16) },
    entries: { ...keys.entries, nonce: randomBytes(16) },
  }
  await save(run, vault, renewed)
  return renewed
}

async function save(run: ActiveRun, vault: SecretStore, keys: RunKeys): Promise<void> {
  const text = ({ key, header, nonce }: FileKey) => ({
    key: key.toString('base64'),
    header: header.toString('base64'),
    nonce: nonce.toString('base64'),
  })
  await vault.set(vaultKey(run), JSON.stringify({ data: text(keys.data), entries: text(keys.entries) }))
}

/** Removes them when the run has ended; a run that does not encrypt leaves the vault alone, and locked if it is. */
export async function forgetKeys(run: ActiveRun, options: BackupOptions, vault: SecretStore): Promise<void> {
  if (options.encryptTo !== null) await vault.remove(vaultKey(run))
}
