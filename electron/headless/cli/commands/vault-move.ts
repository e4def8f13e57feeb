import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { EngineError } from '../../../engine/engine-error.ts'
import { RunRegistry } from '../../../engine/run/index.ts'
import type { Vault, VaultTier } from '../../../engine/vault/index.ts'
import { openVault } from '../../../engine/vault/index.ts'
import type { CliContext } from '../context.ts'
import type { Ending } from '../ending.ts'
import { done } from '../ending.ts'
import { askYes, canAsk } from '../prompt.ts'
import { withEngine } from '../session.ts'
import { promptForVault } from '../vault-prompt.ts'

export type VaultMoveOptions = { to: VaultTier; from?: VaultTier; yes?: boolean }

/**
 * Moves every secret into another vault. Each is read back from there before any is removed here, so that a move that
 * breaks off loses none.
 */
export async function vaultMove(ctx: CliContext, options: VaultMoveOptions): Promise<Ending> {
  const { to } = options
  const from = options.from ?? (await tierInUse(ctx, to))
  if (from === to)
    throw new EngineError('input.invalid', 'vault.move', {
      detail: `the secrets are in the ${to} vault already`,
    })
  if (to === 'memory') await confirmForgetting(options)
  const source = await open(ctx, from, false)
  const target = await open(ctx, to, true)
  const moved: string[] = []
  for (const key of await knownKeys(ctx)) {
    const value = await source.get(key)
    if (value === null) continue
    ctx.masker.learn(value)
    await target.set(key, value)
    if ((await target.get(key)) !== value)
      throw new EngineError('auth.vault-unavailable', 'vault.move', {
        subject: target.about,
        detail: 'it did not give back what was stored in it; nothing was removed from the other one',
      })
    moved.push(key)
  }
  for (const key of moved) await source.remove(key)
  for (const key of moved) {
    await ctx.out.event('moved', { key, from, to })
    await ctx.out.line(`moved ${key}`)
  }
  await ctx.out.line(
    `${moved.length} ${moved.length === 1 ? 'secret' : 'secrets'} moved from ${source.about} to ${target.about}`,
  )
  if (to === 'memory')
    ctx.out.say('They are gone when this command ends: give them with --secrets-file from now on.')
  else ctx.out.say(`Set DRYDOCK_VAULT=${to}, so that every command uses it from now on.`)
  return done({ from, to, moved: moved.length })
}

const open = (ctx: CliContext, tier: VaultTier, mayCreate: boolean): Promise<Vault> =>
  openVault({
    home: ctx.home,
    env: { ...ctx.env, DRYDOCK_VAULT: tier },
    ...(canAsk() ? { prompt: promptForVault({ mayCreate }) } : {}),
  })

/** The vault in use, unless that is where the secrets are to go: then the other one that has a file here. */
async function tierInUse(ctx: CliContext, to: VaultTier): Promise<VaultTier> {
  const { tier } = await openVault({
    home: ctx.home,
    env: ctx.env,
    ...(canAsk() ? { prompt: promptForVault({ mayCreate: false }) } : {}),
  })
  if (tier !== to) return tier
  if (to !== 'keychain' && existsSync(join(ctx.home, 'vault.keychain.json'))) return 'keychain'
  if (to !== 'passphrase' && existsSync(join(ctx.home, 'vault.json'))) return 'passphrase'
  return tier
}

async function confirmForgetting({ yes }: VaultMoveOptions): Promise<void> {
  if (yes) return
  if (canAsk() && (await askYes('This removes all saved secrets from this machine. Go on?'))) return
  throw new EngineError('input.invalid', 'vault.move', {
    detail: 'the memory vault forgets everything when the command ends; --yes says that this is meant',
  })
}

/** A vault does not tell its names; they are those of the servers and of the runs. */
async function knownKeys(ctx: CliContext): Promise<string[]> {
  const keys: string[] = []
  await withEngine(ctx, {}, async ({ engine }) => {
    const { records, unreadable } = await engine.servers.list()
    keys.push(...[...records, ...unreadable].map(({ name }) => `server:${name}`))
    return done()
  })
  const { records } = await new RunRegistry(ctx.home).list()
  return [...keys, ...records.map(({ id }) => `run:${id}`)]
}
