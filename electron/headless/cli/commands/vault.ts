import { EngineError } from '../../../engine/engine-error.ts'
import type { Vault } from '../../../engine/vault/index.ts'
import { openVault, readChoice } from '../../../engine/vault/index.ts'
import type { CliContext } from '../context.ts'
import type { Ending } from '../ending.ts'
import { done, failedWith } from '../ending.ts'
import { canAsk } from '../prompt.ts'
import { reportFailure } from '../report.ts'
import { promptForVault } from '../vault-prompt.ts'

/** Tells which vault is used. Asks nobody, and never tells what is in it. */
export async function vaultStatus(ctx: CliContext): Promise<Ending> {
  try {
    await show(ctx, await openVault({ home: ctx.home, env: ctx.env }))
    return done()
  } catch (err) {
    if (!(err instanceof EngineError) || err.code !== 'auth.vault-locked') throw err
    await ctx.out.event('vault', {
      tier: ctx.env['DRYDOCK_VAULT'] || readChoice(ctx.home),
      about: err.subject ?? null,
      locked: true,
    })
    await ctx.out.line(`locked: ${err.subject ?? 'the vault'}`)
    const { toFailure } = await import('../../../engine/engine-error.ts')
    reportFailure(ctx.out, ctx.masker.mask, toFailure(err, 'vault.status'), {})
    return failedWith(err.code)
  }
}

/** Opens the vault, makes it on first use, and so proves that its passphrase is right. */
export async function vaultUnlock(ctx: CliContext): Promise<Ending> {
  const prompt = canAsk() ? { prompt: promptForVault({ mayCreate: true }) } : {}
  const vault = await openVault({ home: ctx.home, env: ctx.env, ...prompt })
  await show(ctx, vault)
  if (vault.tier === 'passphrase' && !ctx.env['DRYDOCK_VAULT_PASSPHRASE_FILE'])
    ctx.out.say(
      'The passphrase opens it. Each command asks for it again unless DRYDOCK_VAULT_PASSPHRASE_FILE names a file with it.',
    )
  return done()
}

async function show({ out }: CliContext, { tier, about, warning }: Vault): Promise<void> {
  await out.event('vault', { tier, about, locked: false, ...(warning === undefined ? {} : { warning }) })
  await out.line(`${tier}: ${about}`)
  if (warning !== undefined) out.say(`Note: ${warning}`)
}
