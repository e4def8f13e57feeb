import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { openVault, UnlockableVault } from '../../electron/engine/vault/index.ts'
import { keepChoice, readChoice } from '../../electron/engine/vault/choice.ts'
import { tempFolder } from '../support/temp-folder.ts'
import { openTestService } from './support.ts'

const passphrase = 'the passphrase of a vault that only tests open'
const locked = { env: { DRYDOCK_VAULT: 'passphrase' } }

async function madeVault(): Promise<string> {
  const home = await tempFolder()
  const vault = await openVault({ home, env: locked.env, prompt: async () => passphrase })
  await vault.set('server:nas', '{"password":"kept"}')
  return home
}

describe('UnlockableVault', () => {
  it('is locked until it is unlocked, and then gives what was kept', async () => {
    const vault = new UnlockableVault({ home: await madeVault(), ...locked })
    let told = 0
    vault.onChange(() => told++)
    expect(await vault.status()).toMatchObject({
      tier: 'passphrase',
      state: 'locked',
      made: true,
      others: [],
    })
    await expect(vault.get('server:nas')).rejects.toMatchObject({ code: 'auth.vault-locked' })
    await expect(vault.set('a', 'b')).rejects.toMatchObject({ code: 'auth.vault-locked' })
    await expect(vault.unlock('another one', { create: false })).rejects.toMatchObject({
      code: 'auth.passphrase',
    })
    expect(told).toBe(0)
    await vault.unlock(passphrase, { create: false })
    expect([told, await vault.get('server:nas'), (await vault.status()).state]).toEqual([
      1,
      '{"password":"kept"}',
      'open',
    ])
  })

  it('lets a run end that kept nothing in it, also while it is locked', async () => {
    const vault = new UnlockableVault({ home: await madeVault(), ...locked })
    await vault.remove('run:20260101T000000Z-aaaa')
    await expect(vault.remove('server:nas')).rejects.toMatchObject({ code: 'auth.vault-locked' })
  })

  it('makes the passphrase vault only when it is told to', async () => {
    const home = await tempFolder()
    const vault = new UnlockableVault({ home, ...locked })
    expect(await vault.status()).toMatchObject({ state: 'locked', made: false })
    await expect(vault.unlock(passphrase, { create: false })).rejects.toMatchObject({
      code: 'input.invalid',
      subject: 'create',
    })
    await vault.unlock(passphrase, { create: true })
    await vault.set('server:nas', 'x')
    const again = new UnlockableVault({ home, ...locked })
    await again.unlock(passphrase, { create: false })
    expect(await again.get('server:nas')).toBe('x')
  })

  it('refuses to open another vault than the one that DRYDOCK_VAULT names', async () => {
    const vault = new UnlockableVault({ home: await tempFolder(), env: { DRYDOCK_VAULT: 'memory' } })
    await vault.set('a', 'b')
    await expect(vault.unlock(passphrase, { create: true })).rejects.toMatchObject({ code: 'input.invalid' })
    await expect(vault.move('passphrase', passphrase)).rejects.toMatchObject({ code: 'input.invalid' })
    expect(await vault.get('a')).toBe('b')
  })

  it('takes what was kept in memory into the passphrase vault, and keeps that choice when it is moved', async () => {
    const home = await tempFolder()
    // Nobody's session: no keychain answers there.
    const env = { DBUS_SESSION_BUS_ADDRESS: 'unix:path=/nonexistent' }
    const vault = new UnlockableVault({ home, env })
    const { tier } = await vault.status()
    await vault.set('server:nas', 'typed before')
    if (tier === 'memory') await vault.unlock(passphrase, { create: true })
    else await vault.move('passphrase', passphrase)
    expect([vault.tier, await vault.get('server:nas')]).toEqual(['passphrase', 'typed before'])
    await keepChoice(home, 'passphrase')
    expect(readChoice(home)).toBe('passphrase')
    await expect(openVault({ home, env })).rejects.toMatchObject({ code: 'auth.vault-locked' })
  })

  it('has one change at a time: what is saved while secrets move is not left behind', async () => {
    const vault = new UnlockableVault({ home: await madeVault(), ...locked })
    const unlocking = vault.unlock(passphrase, { create: false })
    const saving = vault.set('server:b', 'late')
    await Promise.all([unlocking, saving])
    expect((await vault.names()).sort()).toEqual(['server:b', 'server:nas'])
  })
})

describe('vault.unlock', () => {
  it('opens it for the engine without a restart, and tells every page', async () => {
    const test = await openTestService(locked)
    const server = { type: 'ftp', name: 'box', host: '127.0.0.1', port: 9, user: 'u', tls: 'none' }
    const save = { record: server, secrets: { password: 'x' }, replaces: null }
    expect(await test.fails('server.save', save)).toMatchObject({ code: 'auth.vault-locked' })
    expect((await test.call('server.list')).servers).toEqual([])
    await test.call('vault.unlock', { passphrase, create: true })
    expect(await test.sees('vault.changed')).toMatchObject({ state: 'open', tier: 'passphrase' })
    await test.call('server.save', save)
    expect((await test.call('server.list')).servers[0]).toMatchObject({ hasSecrets: true, keyHint: null })
    expect(await test.fails('vault.unlock', { passphrase: 'wrong' })).toMatchObject({
      code: 'auth.passphrase',
    })
    expect(await readFile(join(test.home, 'vault.json'), 'utf8')).not.toContain(passphrase)
  })
})
