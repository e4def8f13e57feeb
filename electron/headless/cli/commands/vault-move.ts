import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { EngineError } from '../../../engine/engine-error.ts'
import type { Vault, VaultTier } from '../../../engine/vault/index.ts'
import { carry, keepChoice, openVault, tierFixedBy } from '../../../engine/vault/index.ts'
import type { CliContext } from '../context.ts'
import type { Ending } from '../ending.ts'
import { done } from '../ending.ts'
import { askYes, canAsk } from '../prompt.ts'
import { promptForVault } from '../vault-prompt.ts'

export type VaultMoveOptions = { to: VaultTier; from?: VaultTier; yes?: boolean }

/**
 * Moves every secret into another vault. Each is read back from there before any is removed here, so that a move that
 * breaks off loses none. The choice is kept, as the console keeps it: `DRYDOCK_VAULT` alone comes before it.
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
  const learn = (value: string) => ctx.masker.learn(value)
  const moved = await carry(source, target, { replace: true, learn })
  if (to !== 'memory') await keepChoice(ctx.home, to)
  for (const key of moved) await source.remove(key)
  for (const key of moved) {
    await ctx.out.event('moved', { key, from, to })
    await ctx.out.line(`moved ${key}`)
  }
  await ctx.out.line(
    `${moved.length} ${moved.length === 1 ? 'secret' : 'secrets'} moved from ${source.about} to ${target.about}`,
  )
  ctx.out.say(whatIsNext(ctx, to))
  return done({ from, to, moved: moved.length })
}

function whatIsNext({ env }: CliContext, to: VaultTier): string {
  if (to === 'memory')
    return 'They are gone when this command ends: give them with --secrets-file from now on.'
  const fixed = tierFixedBy(env)
  const agrees = fixed === `DRYDOCK_VAULT=${to}` || (to === 'passphrase' && fixed?.endsWith('_FILE') === true)
  if (fixed === null || agrees) return 'Every command, the console and the desktop app use it from now on.'
  return `The console and the desktop app use it from now on; here ${fixed} chooses the other one as long as it is set.`
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
