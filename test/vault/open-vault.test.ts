import { readFile, stat, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import type { Vault } from '../../electron/engine/vault/index.ts'
import { openVault } from '../../electron/engine/vault/index.ts'
import { tempFolder } from '../support/temp-folder.ts'

type File = { version: number; kdf: Record<string, unknown>; check: string; entries: Record<string, string> }

const open = (home: string, file: string): Promise<Vault> =>
  openVault({ home, env: { DRYDOCK_VAULT_PASSPHRASE_FILE: file, DRYDOCK_VAULT: 'passphrase' } })

async function passphraseFile(
  home: string,
  text: string | Uint8Array = 'correct horse\n',
  name = 'passphrase',
): Promise<string> {
  const file = join(home, name)
  await writeFile(file, text)
  return file
}

async function edit(home: string, change: (content: File) => void): Promise<void> {
  const file = join(home, 'vault.json')
  const content = JSON.parse(await readFile(file, 'utf8')) as File
  change(content)
  await writeFile(file, JSON.stringify(content))
}

describe('openVault', () => {
  it('keeps secrets in memory only when that is chosen', async () => {
    const vault = await openVault({ home: await tempFolder(), env: { DRYDOCK_VAULT: 'memory' } })
    expect(vault).toMatchObject({ tier: 'memory', persistent: false })
    expect(vault.warning).toBeUndefined()
    await vault.set('server:nas', 'secret')
    expect(await vault.get('server:nas')).toBe('secret')
    await vault.remove('server:nas')
    expect(await vault.get('server:nas')).toBeNull()
  })

  it('refuses a tier it does not know and names of secrets that are none', async () => {
    const home = await tempFolder()
    await expect(openVault({ home, env: { DRYDOCK_VAULT: 'cloud' } })).rejects.toMatchObject({
      code: 'input.invalid',
    })
    const vault = await openVault({ home, env: { DRYDOCK_VAULT: 'memory' } })
    for (const name of ['', 'a\nb', '__proto__', 'x'.repeat(301)]) {
      await expect(vault.get(name)).rejects.toMatchObject({ code: 'input.invalid' })
    }
  })

  it('creates the passphrase vault on first use and opens it in a later process', async () => {
    const home = join(await tempFolder(), 'state')
    const file = await passphraseFile(await tempFolder())
    const first = await open(home, file)
    expect(first).toMatchObject({ tier: 'passphrase', persistent: true })
    await first.set('server:nas', '{"password":"hunter2"}')
    const content = await readFile(join(home, 'vault.json'), 'utf8')
    expect(content).not.toContain('hunter2')
    expect(content).not.toContain('correct horse')
    expect((await stat(join(home, 'vault.json'))).mode & 0o777).toBe(0o600)

    const env = { DRYDOCK_VAULT_PASSPHRASE_FILE: file }
    const second = await openVault({ home, env })
    expect(second.tier).toBe('passphrase')
    expect(await second.get('server:nas')).toBe('{"password":"hunter2"}')
    expect(await second.get('server:other')).toBeNull()
  })

  it('takes one line feed at the end of the passphrase file as no part of it, and only one', async () => {
    const home = await tempFolder()
    await open(home, await passphraseFile(home, 'pass'))
    for (const same of ['pass\n', 'pass\r\n']) await open(home, await passphraseFile(home, same))
    for (const other of ['pass\n\n', 'pass ', 'Pass']) {
      await expect(open(home, await passphraseFile(home, other))).rejects.toMatchObject({
        code: 'auth.passphrase',
      })
    }
  })

  it('opens with the same passphrase typed in another composition of its characters', async () => {
    const home = await tempFolder()
    await open(home, await passphraseFile(home, 'caf\u00e9'))
    await open(home, await passphraseFile(home, 'cafe\u0301'))
  })

  it('says a wrong passphrase and never goes on with another tier', async () => {
    const home = await tempFolder()
    await open(home, await passphraseFile(home))
    const env = { DRYDOCK_VAULT_PASSPHRASE_FILE: await passphraseFile(home, 'wrong') }
    await expect(openVault({ home, env })).rejects.toMatchObject({ code: 'auth.passphrase' })
    await expect(openVault({ home, env, prompt: async () => 'correct horse' })).rejects.toMatchObject({
      code: 'auth.passphrase',
    })
  })

  it.each([
    ['an empty passphrase file', '\n'],
    ['one that is not UTF-8', Uint8Array.of(0xff, 0xfe)],
    ['one of endless length', 'x'.repeat(100_000)],
  ])('refuses %s', async (_, text) => {
    const home = await tempFolder()
    await open(home, await passphraseFile(home))
    await expect(open(home, await passphraseFile(home, text, 'other'))).rejects.toMatchObject({
      code: 'input.invalid',
    })
  })

  it('says that the passphrase file is missing, and that a passphrase is', async () => {
    const home = await tempFolder()
    await expect(open(home, join(home, 'none'))).rejects.toMatchObject({ code: 'local.not-found' })
    const chosen = { DRYDOCK_VAULT: 'passphrase' }
    await expect(openVault({ home, env: chosen })).rejects.toMatchObject({ code: 'auth.vault-locked' })
    const declined = openVault({ home, env: chosen, prompt: async () => null })
    await expect(declined).rejects.toMatchObject({ code: 'auth.vault-locked' })
  })

  it('asks for a new passphrase first and for the same one later', async () => {
    const home = await tempFolder()
    const asked: string[] = []
    const prompt = async ({ purpose }: { purpose: string }) => (asked.push(purpose), 'typed')
    const env = { DRYDOCK_VAULT: 'passphrase' }
    await (await openVault({ home, env, prompt })).set('server:nas', 'secret')
    expect(await (await openVault({ home, env, prompt })).get('server:nas')).toBe('secret')
    expect(asked).toEqual(['create', 'unlock'])
  })
})

describe('the passphrase vault’s file', () => {
  const made = async () => {
    const home = await tempFolder()
    const file = await passphraseFile(home)
    const vault = await open(home, file)
    await vault.set('server:a', 'secret a')
    await vault.set('server:b', 'secret b')
    return { home, file, vault }
  }

  it('does not open an entry that was moved to another name or changed', async () => {
    const { home, vault } = await made()
    await edit(home, ({ entries }) => (entries['server:c'] = entries['server:a'] ?? ''))
    await expect(vault.get('server:c')).rejects.toMatchObject({ code: 'data.damaged' })
    expect(await vault.get('server:a')).toBe('secret a')
    await edit(home, ({ entries }) => (entries['server:a'] = Buffer.alloc(40, 1).toString('base64')))
    await expect(vault.get('server:a')).rejects.toMatchObject({ code: 'data.damaged' })
    expect(await vault.get('server:b')).toBe('secret b')
  })

  it.each([
    ['64 GiB of memory', { N: 2 ** 20, r: 512 }],
    ['2 GiB of memory within each bound', { N: 2 ** 20, r: 32 }],
    ['days of work', { p: 1000 }],
    ['hardly any work', { N: 2 }],
    ['a number that is no power of two', { N: 2 ** 17 - 1 }],
  ])('is refused when it asks for %s', async (_, kdf) => {
    const { home, file } = await made()
    await edit(home, content => Object.assign(content.kdf, kdf))
    await expect(open(home, file)).rejects.toMatchObject({ code: 'data.damaged' })
  })

  it('is refused when it comes from a newer version or is none', async () => {
    const { home, file } = await made()
    await edit(home, content => (content.version = 2))
    await expect(open(home, file)).rejects.toMatchObject({ code: 'data.version' })
    await writeFile(join(home, 'vault.json'), '{"version":1,')
    await expect(open(home, file)).rejects.toMatchObject({ code: 'data.damaged' })
  })

  it('loses nothing when several write at once', async () => {
    const { home, file, vault } = await made()
    const other = await open(home, file)
    const names = Array.from({ length: 20 }, (_, n) => `run:${n}`)
    await Promise.all(names.map((name, n) => (n % 2 ? vault : other).set(name, name)))
    expect(await Promise.all(names.map(name => vault.get(name)))).toEqual(names)
  })

  it('is made once when two first starts come at once', async () => {
    const home = await tempFolder()
    const file = await passphraseFile(home)
    const [a, b] = await Promise.all([open(home, file), open(home, file)])
    await a.set('server:a', 'secret')
    expect(await b.get('server:a')).toBe('secret')
  })

  it('is not written by someone who has an earlier vault of that place open', async () => {
    const { home, file, vault } = await made()
    const elsewhere = await tempFolder()
    await open(elsewhere, file)
    await writeFile(join(home, 'vault.json'), await readFile(join(elsewhere, 'vault.json')))
    await expect(vault.set('server:a', 'x')).rejects.toMatchObject({ code: 'auth.vault-locked' })
  })
})
