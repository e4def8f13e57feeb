import { execFileSync } from 'node:child_process'
import { mkdir, readFile, readdir, writeFile } from 'node:fs/promises'
import { generateIdentity, identityToRecipient } from 'age-encryption'
import { describe, expect, it } from 'vitest'
import { Drydock } from './support/drydock.ts'

async function withSource(): Promise<Drydock> {
  const drydock = await Drydock.fresh()
  await mkdir(drydock.path('papers'))
  await writeFile(drydock.path('papers', 'secret-plan.txt'), 'the plan')
  await drydock.json(['server', 'add', 'disk', '--type', 'local', '--path', 'disk'])
  return drydock
}

const same = (drydock: Drydock, out: string) =>
  execFileSync('diff', ['-r', drydock.path('papers'), drydock.path(out, 'papers')])

describe('encryption from the command line', () => {
  it('encrypts with a passphrase from standard input, tells no path to the server, and restores with it', async () => {
    const drydock = await withSource()
    const input = '{"passphrase":"correct horse\\n"}'
    const made = await drydock.json(
      ['backup', 'papers', '--name', 'papers', '--to', 'disk', '--encrypt', 'passphrase', '--secrets-stdin'],
      0,
      { input },
    )
    for (const name of await readdir(drydock.path('disk')))
      expect((await readFile(drydock.path('disk', name))).includes('secret-plan')).toBe(false)
    expect(made.stdout + made.stderr).not.toContain('correct horse')

    const secrets = drydock.path('secrets.json')
    await writeFile(secrets, '{"passphrase":"correct horse"}')
    const listed = await drydock.json(['ls', 'papers@latest', '--secrets-file', secrets])
    expect(listed.stdout).toContain('papers/secret-plan.txt')
    await drydock.json(['restore', 'papers@latest', '--into', 'out', '--secrets-file', secrets])
    same(drydock, 'out')
    await drydock.json(['verify', 'papers@latest', '--deep'])
  })

  it('says what is needed when a passphrase is missing or wrong, and writes nothing', async () => {
    const drydock = await withSource()
    expect(
      (
        await drydock.json(
          ['backup', 'papers', '--name', 'papers', '--to', 'disk', '--encrypt', 'passphrase'],
          1,
        )
      ).result().code,
    ).toBe('auth.secret-missing')
    await drydock.json(
      ['backup', 'papers', '--name', 'papers', '--to', 'disk', '--encrypt', 'passphrase', '--secrets-stdin'],
      0,
      { input: '{"passphrase":"right"}' },
    )
    for (const command of [
      ['ls', 'papers@latest'],
      ['restore', 'papers@latest', '--into', 'out'],
    ]) {
      expect((await drydock.json(command, 1)).result().code).toBe('auth.secret-missing')
      const wrong = await drydock.json([...command, '--secrets-stdin'], 1, {
        input: '{"passphrase":"wrongwrong"}',
      })
      expect(wrong.result().code).toBe('auth.passphrase')
      expect(wrong.stdout + wrong.stderr).not.toContain('wrongwrong')
    }
    await expect(readdir(drydock.path('out'))).rejects.toThrow('ENOENT')
  })

  it('encrypts to public keys and restores with an identity', async () => {
    const drydock = await withSource()
    const identity = await generateIdentity()
    const recipient = await identityToRecipient(identity)
    await drydock.json(['backup', 'papers', '--name', 'papers', '--to', 'disk', '--encrypt', recipient])
    await drydock.json(['restore', 'papers@latest', '--into', 'out', '--secrets-stdin'], 0, {
      input: JSON.stringify({ identity }),
    })
    same(drydock, 'out')
  })
})

describe('verify --deep of an encrypted point', () => {
  it('proves that it decrypts when it is given what opens it, and says so when it is not', async () => {
    const drydock = await withSource()
    const secrets = ['--secrets-file', drydock.path('secrets.json')]
    await writeFile(drydock.path('secrets.json'), '{"passphrase":"correct horse"}')
    const made = ['backup', 'papers', '--name', 'papers', '--to', 'disk', '--encrypt', 'passphrase']
    await drydock.json([...made, ...secrets])
    const verify = ['verify', 'papers@latest', '--deep']
    expect((await drydock.json([...verify, ...secrets])).result()).toMatchObject({
      deep: true,
      decrypted: true,
    })
    expect((await drydock.run([...verify, ...secrets])).stdout).toContain('; all of it decrypts')
    expect((await drydock.json(verify)).result()).toMatchObject({ ok: true, decrypted: false })
    expect((await drydock.run(verify)).stdout).toContain(
      'Not proven: it is encrypted, and neither passphrase nor identity was given',
    )
    const wrong = await drydock.json([...verify, '--secrets-stdin'], 1, {
      input: '{"passphrase":"wrongwrong"}',
    })
    expect(wrong.result().code).toBe('auth.passphrase')
    const kept = await readdir(drydock.home, { recursive: true, withFileTypes: true })
    for (const file of kept.filter(one => one.isFile()))
      expect(await readFile(`${file.parentPath}/${file.name}`, 'latin1')).not.toMatch(
        /correct horse|wrongwrong/,
      )
  })

  it('asks for it on a terminal, and goes on without', async () => {
    const drydock = await withSource()
    const made = ['backup', 'papers', '--name', 'papers', '--to', 'disk', '--encrypt', 'passphrase']
    await drydock.json([...made, '--secrets-stdin'], 0, { input: '{"passphrase":"correct horse"}' })
    for (const [typed, said] of [
      ['correct horse', 'all of it decrypts'],
      ['', 'Not proven: it is encrypted'],
    ] as const) {
      const started = drydock.onTerminal(['verify', 'papers@latest', '--deep'])
      await started.sees(/to prove that it decrypts \(empty: go on without\)/)
      started.child.stdin.write(`${typed}\n`)
      expect(await started.ended).toMatchObject({ exit: 0, stdout: expect.stringContaining(said) as string })
    }
  })
})

describe('the vault from the command line', () => {
  it('tells its tier and never its content, and moves the secrets into another vault', async () => {
    const drydock = await Drydock.fresh()
    await writeFile(drydock.path('vault-passphrase'), 'open sesame\n')
    await writeFile(drydock.path('secrets.json'), '{"password":"hunter2hunter2"}')
    const env = {
      DRYDOCK_VAULT: 'passphrase',
      DRYDOCK_VAULT_PASSPHRASE_FILE: drydock.path('vault-passphrase'),
    }
    const add = [
      'server',
      'add',
      'off',
      '--type',
      'ftp',
      '--host',
      '127.0.0.1',
      '--user',
      'u',
      '--no-test',
      '--secrets-file',
      'secrets.json',
    ]
    await drydock.json(add, 0, { env })
    const status = await drydock.json(['vault', 'status'], 0, { env })
    expect(status.events()[0]).toMatchObject({ event: 'vault', tier: 'passphrase', locked: false })
    expect(status.stdout + status.stderr).not.toMatch(/hunter2|open sesame/)
    await drydock.json(['vault', 'unlock'], 0, { env })

    const moved = await drydock.json(['vault', 'move', '--to', 'memory', '--yes'], 0, { env })
    expect(moved.events()).toContainEqual({
      event: 'moved',
      key: 'server:off',
      from: 'passphrase',
      to: 'memory',
    })
    expect(JSON.parse(await readFile(`${drydock.home}/vault.json`, 'utf8'))).toMatchObject({ entries: {} })
    expect((await drydock.json(['vault', 'move', '--to', 'passphrase'], 2, { env })).result().code).toBe(
      'input.invalid',
    )
  })

  it('says that it is locked when its passphrase is not there, and when it is wrong', async () => {
    const drydock = await Drydock.fresh()
    await writeFile(drydock.path('pass'), 'right')
    await writeFile(drydock.path('wrong'), 'wrong')
    const env = { DRYDOCK_VAULT: 'passphrase', DRYDOCK_VAULT_PASSPHRASE_FILE: drydock.path('pass') }
    await drydock.json(['vault', 'unlock'], 0, { env })
    const locked = await drydock.json(['vault', 'status'], 1, { env: { DRYDOCK_VAULT: 'passphrase' } })
    expect(locked.result().code).toBe('auth.vault-locked')
    expect(locked.events()[0]).toMatchObject({ locked: true })
    const wrong = await drydock.json(['vault', 'unlock'], 1, {
      env: { ...env, DRYDOCK_VAULT_PASSPHRASE_FILE: drydock.path('wrong') },
    })
    expect(wrong.result().code).toBe('auth.passphrase')
  })

  it('is not opened by a command that needs no secret', async () => {
    const drydock = await Drydock.fresh()
    const env = { DRYDOCK_VAULT: 'passphrase' }
    await mkdir(drydock.path('src'))
    await drydock.json(['server', 'add', 'disk', '--type', 'local', '--path', 'disk'], 0, { env })
    await drydock.json(['backup', 'src', '--name', 'x', '--to', 'disk'], 0, { env })
    await drydock.json(['restore', 'x@latest', '--into', 'out'], 0, { env })
    await drydock.json(['points'], 0, { env })
    await drydock.json(['runs', 'list'], 0, { env })
  })
})
