import { readFile, readdir, rename, stat } from 'node:fs/promises'
import { join } from 'node:path'
import { expect, it } from 'vitest'
import { ensureDebianPackages } from '../support/servers/debian.ts'
import type { SecretService, SecretServiceKind } from '../support/servers/secret-service.ts'
import { secretServicePackages, startSecretService } from '../support/servers/secret-service.ts'
import { runScript } from '../support/script.ts'
import { suiteNeeds } from '../support/skip.ts'
import { tempFolder } from '../support/temp-folder.ts'

const available = await ensureDebianPackages(secretServicePackages)
const script = new URL('fixtures/use-vault.ts', import.meta.url)

type Printed = {
  tier?: string
  persistent?: boolean
  warning?: string
  got?: string | null
  refused?: string
  detail?: string
}

async function use(env: Record<string, string>, home: string, ...steps: string[]): Promise<Printed[]> {
  const { DBUS_SESSION_BUS_ADDRESS = 'unix:path=/nonexistent', ...rest } = env
  const run = runScript(script, [home, ...steps], {
    XDG_RUNTIME_DIR: home,
    ...rest,
    DBUS_SESSION_BUS_ADDRESS,
  })
  const lines: Printed[] = []
  for (let step = 0; step <= steps.filter(word => word.startsWith('get')).length; step++) {
    lines.push(JSON.parse(await run.line(/./)) as Printed)
    if (lines.at(-1)?.refused) break
  }
  await run.exit
  return lines
}

async function inSession<T>(
  folder: string,
  kind: SecretServiceKind,
  work: (service: SecretService) => Promise<T>,
): Promise<T> {
  const service = await startSecretService(folder, kind)
  try {
    return await work(service)
  } finally {
    await service.stop()
  }
}

const keychain = { DRYDOCK_VAULT: 'keychain' }

suiteNeeds('the keychain vault on a real Secret Service', available, () => {
  it('keeps secrets of any length across processes and sessions, none of them readable in its file', async () => {
    const [folder, home] = [await tempFolder(), await tempFolder()]
    const long = 'long secret '.repeat(1000)
    await inSession(folder, 'unlocked', async ({ env }) => {
      const [opened, got] = await use(
        env,
        home,
        `set=server:nas=${long}`,
        'set=run:1=x',
        'remove=run:1',
        'get=server:nas',
      )
      expect(opened).toMatchObject({ tier: 'keychain', persistent: true })
      expect(opened?.warning).toBeUndefined()
      expect(got).toEqual({ got: long })
    })
    await inSession(folder, 'unlocked', async ({ env }) => {
      const printed = await use(env, home, 'get=server:nas', 'get=run:1', 'get=server:other')
      expect(printed.slice(1)).toEqual([{ got: long }, { got: null }, { got: null }])
    })
    const file = join(home, 'vault.keychain.json')
    expect(await readFile(file, 'utf8')).not.toContain('long secret')
    expect((await stat(file)).mode & 0o777).toBe(0o600)
  })

  it('loses nothing when two processes write at once', async () => {
    const [folder, home] = [await tempFolder(), await tempFolder()]
    await inSession(folder, 'unlocked', async ({ env }) => {
      await Promise.all(
        ['a', 'b'].map(name => use({ ...env, ...keychain }, home, `fill=${name}=15`, `get=${name}:14`)),
      )
      const asked = ['a', 'b'].flatMap(name => Array.from({ length: 15 }, (_, n) => `get=${name}:${n}`))
      const printed = await use(env, home, ...asked)
      expect(printed.slice(1).map(line => line.got)).toEqual(asked.map(ask => `value ${ask.split(':')[1]}`))
    })
  })

  it('says that the keychain is locked, and puts nothing in its place', async () => {
    const [folder, home] = [await tempFolder(), await tempFolder()]
    await inSession(folder, 'unlocked', ({ env }) => use(env, home, 'set=server:nas=secret'))
    await inSession(folder, 'locked', async ({ env }) => {
      for (const choice of [keychain, {}]) {
        expect(await use({ ...env, ...choice }, home)).toMatchObject([{ refused: 'auth.vault-locked' }])
      }
      // Where nothing was saved in it yet, another tier may serve, with a warning.
      const [memory] = await use(env, await tempFolder())
      expect(memory).toMatchObject({ tier: 'memory', persistent: false })
      expect(memory?.warning).toMatch(/locked.*memory only/)
    })
  })

  it('says so when the keychain does not answer', async () => {
    const folder = await tempFolder()
    await inSession(folder, 'unlocked', async service => {
      service.signal('SIGSTOP')
      expect(await use({ ...service.env, ...keychain }, folder)).toMatchObject([
        { refused: 'auth.vault-locked' },
      ])
    })
  })

  it.each([
    ['no session', null],
    ['a session in which nothing keeps secrets', 'none' as const],
  ])('is honestly absent in %s', async (_, kind) => {
    const home = await tempFolder()
    const check = async (env: Record<string, string>) => {
      const [refusal] = await use({ ...env, ...keychain }, home)
      expect(refusal?.refused).toBe('auth.vault-unavailable')
      // What the Secret Service said, not what the kernel's keyring did: unpinned, the binding falls back to that one.
      expect(refusal?.detail).toMatch(/DBus|Secret Service/)
      const [memory] = await use(env, home)
      expect(memory).toMatchObject({ tier: 'memory', persistent: false })
      expect(memory?.warning).toMatch(/no usable OS keychain.*memory only/)
      expect(await readdir(home)).not.toContain('vault.keychain.json')
    }
    if (kind) await inSession(await tempFolder(), kind, ({ env }) => check(env))
    else await check({})
  })

  it('refuses a vault file whose key the keychain does not hold', async () => {
    const [folder, home, other] = [await tempFolder(), await tempFolder(), await tempFolder()]
    await inSession(folder, 'unlocked', ({ env }) => use(env, home, 'set=server:nas=secret'))
    await rename(join(home, 'vault.keychain.json'), join(other, 'vault.keychain.json'))
    await inSession(await tempFolder(), 'unlocked', async ({ env }) => {
      expect(await use(env, other)).toMatchObject([{ refused: 'auth.vault-unavailable' }])
    })
  })
})
