import { z } from 'zod'
import { count, localPath, nothing, utc } from './common.ts'
import { event, method } from './method.ts'

export const settings = z.object({
  theme: z.enum(['system', 'light', 'dark']).default('system'),
  /** Single-letter keys. */
  letterKeys: z.boolean().default(true),
  /** Bytes per second for each run that sets none of its own; null for no limit. */
  limit: z.int().positive().nullable().default(null),
  /** Days a removed restore point stays in the trash. */
  trashDays: z.int().min(1).max(3650).default(60),
  /** Days after which the record of a backup, verification or copy that went well is removed. */
  runDays: z.int().min(30).max(36_500).default(400),
})
export type Settings = z.infer<typeof settings>

const vaultStatus = z.object({
  tier: z.enum(['keychain', 'passphrase', 'memory']),
  about: z.string(),
  /** What must be said aloud about it. */
  warning: z.string().optional(),
  state: z.enum(['open', 'locked', 'unavailable']),
  /** Plans whose run waits for it. */
  waiting: count,
  /** Whether there is a passphrase vault already; without one `vault.unlock` makes it, when told to `create`. */
  made: z.boolean(),
  /** Tiers it can be moved to. */
  others: z.array(z.enum(['keychain', 'passphrase', 'memory'])),
})
export type VaultStatus = z.infer<typeof vaultStatus>

export const appContract = {
  'app.about': method(
    nothing,
    z.object({
      version: z.string(),
      node: z.string(),
      platform: z.string(),
      host: z.string(),
      user: z.string(),
      /** State folder. */
      home: z.string(),
      shell: z.enum(['desktop', 'console']),
      zone: z.string(),
      now: utc,
      /** Whether any network interface but loopback is up. */
      network: z.boolean(),
    }),
  ),
  'settings.get': method(nothing, settings),
  'settings.save': method(settings, settings),
  'settings.changed': event(settings),

  'vault.status': method(nothing, vaultStatus),
  /** `auth.passphrase` when it is the wrong one. With `create`, makes the passphrase vault on first use. */
  'vault.unlock': method(
    z.object({ passphrase: z.string().min(1), create: z.boolean().default(false) }),
    vaultStatus,
  ),
  /** Carries every secret over, and keeps the choice. */
  'vault.move': method(
    z.object({ tier: z.enum(['keychain', 'passphrase']), passphrase: z.string().min(1).optional() }),
    vaultStatus,
  ),
  'vault.changed': event(vaultStatus),

  /** Folders (and files, when asked) on the engine's machine: pages in a browser have no dialog of their own for it. */
  'folder.list': method(
    z.object({
      path: localPath.nullable(),
      files: z.boolean().default(false),
      hidden: z.boolean().default(false),
    }),
    z.object({
      /** Where this is; `null` was answered with the home folder. */
      path: z.string(),
      parent: z.string().nullable(),
      entries: z.array(z.object({ name: z.string(), path: z.string(), kind: z.enum(['folder', 'file']) })),
      /** More than 1000 are cut. */
      more: z.boolean(),
      roots: z.array(z.string()),
    }),
  ),
  'folder.create': method(z.object({ path: localPath }), nothing),
}
