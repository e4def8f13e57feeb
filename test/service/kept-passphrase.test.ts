import { describe, expect, it } from 'vitest'
import { EngineError } from '../../electron/engine/engine-error.ts'
import { keptPassphrase } from '../../electron/engine/service/kept-passphrase.ts'
import { UnlockableVault } from '../../electron/engine/vault/index.ts'
import { tempFolder } from '../support/temp-folder.ts'

describe('the passphrase of a plan that the vault keeps', () => {
  it('is none while the vault cannot be asked, and says why, once in the log', async () => {
    const vault = new UnlockableVault({ home: await tempFolder(), env: { DRYDOCK_VAULT: 'passphrase' } })
    const lines: unknown[] = []
    const ask = () =>
      keptPassphrase({ vault, log: (level, _message, fields) => lines.push([level, fields]) }, 'docs')
    const { passphrase, failure } = await ask()
    expect(passphrase).toBeNull()
    expect(failure).toMatchObject({ code: 'auth.vault-locked' })
    await ask()
    expect(lines).toEqual([['warn', { plan: 'docs', err: expect.any(EngineError) }]])
  })

  it('is none without a failure when the vault holds none', async () => {
    const vault = new UnlockableVault({ home: await tempFolder(), env: { DRYDOCK_VAULT: 'memory' } })
    const log = () => expect.fail('nothing went wrong')
    expect(await keptPassphrase({ vault, log }, 'docs')).toEqual({ passphrase: null, failure: null })
    await vault.set('plan:docs', 'not JSON')
    const { failure } = await keptPassphrase({ vault, log: () => {} }, 'docs')
    expect(failure).toMatchObject({ code: 'data.format', subject: 'docs' })
  })
})
