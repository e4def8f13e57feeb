import { open } from 'node:fs/promises'
import { dirname } from 'node:path'
import { z } from 'zod'
import { EngineError, fromFsError } from '../engine-error.ts'
import { writeFileAtomically } from '../state/atomic-file.ts'
import type { Lock } from '../state/lock-file.ts'
import { acquireLock } from '../state/lock-file.ts'
import { openText, sealText, sealedText } from './sealed-text.ts'
import { makeFolders } from '../state/make-folders.ts'

/** Larger files are not read, bytes. */
const maxFileBytes = 64 * 1024 * 1024
/** Longest value, characters: many private keys. */
const maxValue = 1024 * 1024
/** How long another process may hold the file, ms; it holds it for one small write. */
const lockWaitMs = 20_000

const checkName = 'check'
const checkText = 'this vault opens'

/** The shape both kinds of vault file share. `check` tells a wrong key from an empty vault. */
export const vaultContent = z.object({
  version: z.literal(1),
  check: sealedText,
  entries: z.record(z.string(), sealedText),
})
export type VaultContent = z.infer<typeof vaultContent>

/** Reads a vault file. @returns null when there is none; data.version for a newer one, data.damaged for another thing */
export async function readVaultFile<T extends VaultContent>(
  file: string,
  schema: z.ZodType<T>,
): Promise<T | null> {
  const text = await readBounded(file)
  if (text === null) return null
  let json: unknown
  try {
    json = JSON.parse(text)
  } catch (err) {
    throw damaged(file, err)
  }
  const version = z.object({ version: z.number() }).safeParse(json)
  if (version.success && version.data.version !== 1) {
    throw new EngineError('data.version', 'vault.read', {
      subject: file,
      detail: `version ${version.data.version}`,
    })
  }
  const parsed = schema.safeParse(json)
  if (!parsed.success) throw damaged(file, parsed.error)
  return parsed.data
}

/** Runs `work` while no other process writes `file`. */
export async function withVaultLock<T>(file: string, work: () => Promise<T>): Promise<T> {
  let lock: Lock
  try {
    makeFolders(dirname(file), 0o700)
    lock = await acquireLock(`${file}.lock`, { waitMs: lockWaitMs, subject: file })
  } catch (err) {
    throw fromFsError(err, 'vault.lock', file)
  }
  try {
    return await work()
  } finally {
    await lock.release()
  }
}

/** The entries of one vault file under one key. Reads anew each time: another process may have written. */
export class VaultFile<T extends VaultContent> {
  readonly #file: string
  readonly #schema: z.ZodType<T>
  readonly #key: Uint8Array
  /** What must not have changed while this is open: then the key belongs to another vault. */
  readonly #identity: string
  readonly #identityOf: (content: T) => string

  constructor(
    file: string,
    schema: z.ZodType<T>,
    key: Uint8Array,
    content: T,
    identityOf: (content: T) => string,
  ) {
    this.#file = file
    this.#schema = schema
    this.#key = key
    this.#identityOf = identityOf
    this.#identity = identityOf(content)
  }

  static write(file: string, content: VaultContent): Promise<void> {
    return writeFileAtomically(file, `${JSON.stringify(content, null, 2)}\n`)
  }

  async get(name: string): Promise<string | null> {
    checkEntryName(name)
    const content = await this.#read()
    const sealed = Object.hasOwn(content.entries, name) ? content.entries[name] : undefined
    if (sealed === undefined) return null
    const text = openText(this.#key, `entry\0${name}`, sealed)
    if (text === null) throw damaged(this.#file, undefined, `the entry ${name} was changed outside Drydock`)
    return text
  }

  async set(name: string, value: string): Promise<void> {
    checkEntryName(name)
    if (value.length > maxValue)
      throw new EngineError('input.invalid', 'vault.set', { subject: name, detail: 'longer than 1 MiB' })
    const sealed = sealText(this.#key, `entry\0${name}`, value)
    await this.#change(entries => ({ ...entries, [name]: sealed }))
  }

  async remove(name: string): Promise<void> {
    checkEntryName(name)
    await this.#change(entries => {
      if (!Object.hasOwn(entries, name)) return entries
      const { [name]: _, ...rest } = entries
      return rest
    })
  }

  async names(): Promise<string[]> {
    return Object.keys((await this.#read()).entries)
  }

  async #change(change: (entries: Record<string, string>) => Record<string, string>): Promise<void> {
    await withVaultLock(this.#file, async () => {
      const content = await this.#read()
      const entries = change(content.entries)
      if (entries !== content.entries) await VaultFile.write(this.#file, { ...content, entries })
    })
  }

  async #read(): Promise<T> {
    const content = await readVaultFile(this.#file, this.#schema)
    if (content && this.#identityOf(content) === this.#identity) return content
    const detail = content ? 'the vault was replaced by another one' : 'the vault was removed'
    throw new EngineError('auth.vault-locked', 'vault.read', { subject: this.#file, detail })
  }
}

/** What a new vault file holds besides its header. */
export function emptyVault(key: Uint8Array): VaultContent {
  return { version: 1, check: sealText(key, checkName, checkText), entries: {} }
}

/** Whether `key` is the one the vault was made with. */
export function opensVault(key: Uint8Array, content: VaultContent): boolean {
  return openText(key, checkName, content.check) === checkText
}

/** @throws input.invalid for what is no name of an entry */
export function checkEntryName(name: string): void {
  if (name.length > 0 && name.length <= 300 && name !== '__proto__' && !/\p{Cc}/u.test(name)) return
  throw new EngineError('input.invalid', 'vault', { detail: 'not a name for a secret' })
}

function damaged(file: string, cause: unknown, detail = 'not a vault file of Drydock'): EngineError {
  return new EngineError('data.damaged', 'vault.read', { subject: file, detail, cause })
}

async function readBounded(file: string): Promise<string | null> {
  try {
    const handle = await open(file, 'r')
    try {
      const { size } = await handle.stat()
      if (size > maxFileBytes) throw damaged(file, undefined, 'larger than 64 MiB')
      return await handle.readFile('utf8')
    } finally {
      await handle.close()
    }
  } catch (err) {
    if ((err as { code?: string }).code === 'ENOENT') return null
    throw fromFsError(err, 'vault.read', file)
  }
}
