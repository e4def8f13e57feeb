import type { Vault } from './vault.ts'
import { checkEntryName } from './vault-file.ts'

/** Keeps secrets for the life of this process only. */
export function memoryVault(warning?: string): Vault {
  const entries = new Map<string, string>()
  return {
    tier: 'memory',
    persistent: false,
    about: 'the memory of this process only',
    ...(warning === undefined ? {} : { warning }),
    get: async name => {
      checkEntryName(name)
      return entries.get(name) ?? null
    },
    set: async (name, value) => {
      checkEntryName(name)
      entries.set(name, value)
    },
    remove: async name => {
      checkEntryName(name)
      entries.delete(name)
    },
    names: async () => [...entries.keys()],
  }
}
