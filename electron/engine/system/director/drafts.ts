import { randomBytes } from 'node:crypto'
import { EngineError } from '../../engine-error.ts'
import type { Vault } from '../../vault/index.ts'

/** Secrets that were typed for `master.yml` and are not written yet: in the vault, under names nobody can guess. */
export class Drafts {
  readonly #vault: Vault

  constructor(vault: Vault) {
    this.#vault = vault
  }

  /** @returns the name that edits use */
  async keep(secret: string): Promise<string> {
    const id = randomBytes(16).toString('hex')
    await this.#vault.set(keyOf(id), secret)
    return id
  }

  /** @throws EngineError `auth.secret-missing` when it is there no more */
  async get(id: string): Promise<string> {
    const secret = await this.#vault.get(keyOf(id))
    if (secret !== null) return secret
    throw new EngineError('auth.secret-missing', 'director.edit', {
      subject: 'master.yml',
      detail: 'a password that was typed for it is no longer in the vault; type it again',
    })
  }

  async forget(ids: readonly string[]): Promise<void> {
    for (const id of ids) await this.#vault.remove(keyOf(id))
  }
}

const keyOf = (id: string): string => `draft:${id}`
