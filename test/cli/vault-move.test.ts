import { mkdir, readFile, writeFile } from 'node:fs/promises'
import { expect, it, onTestFinished } from 'vitest'
import { ConsoleClient } from '../support/console-client.ts'
import { ensureDebianPackages } from '../support/servers/debian.ts'
import { secretServicePackages, startSecretService } from '../support/servers/secret-service.ts'
import { suiteNeeds } from '../support/skip.ts'
import { tempFolder } from '../support/temp-folder.ts'
import { Drydock } from './support/drydock.ts'

const available = await ensureDebianPackages(secretServicePackages)

suiteNeeds('moving secrets between a keychain and a passphrase vault', available, () => {
  it('is agreed on by the command line and the console, whichever did it', { timeout: 120_000 }, async () => {
    const service = await startSecretService(await tempFolder(), 'unlocked')
    onTestFinished(() => service.stop())
    const drydock = await Drydock.fresh()
    const env = { ...service.env, DRYDOCK_VAULT: '' }
    const withFile = { ...env, DRYDOCK_VAULT_PASSPHRASE_FILE: drydock.path('of-the-vault') }
    await writeFile(drydock.path('of-the-vault'), 'open sesame')
    await writeFile(drydock.path('ftp.json'), '{"password":"hunter2hunter2"}')
    await writeFile(drydock.path('plan.json'), '{"passphrase":"correct horse"}')
    await mkdir(drydock.path('docs'))
    await writeFile(drydock.path('docs', 'a.txt'), 'alpha')
    const ftp = ['--type', 'ftp', '--host', '127.0.0.1', '--user', 'u', '--no-test']
    const disk = ['--type', 'local', '--path', drydock.path('disk')]
    const plan = ['--system', 'Docs', '--to', 'disk', '--daily', '02:30', '--encrypt', 'passphrase']
    const secrets = (file: string) => ['--secrets-file', file]
    await drydock.json(['server', 'add', 'off', ...ftp, ...secrets('ftp.json')], 0, { env })
    await drydock.json(['server', 'add', 'disk', ...disk], 0, { env })
    await drydock.json(['plan', 'add', 'docs', 'docs', ...plan, ...secrets('plan.json')], 0, { env })
    const tier = async (exit: number) =>
      (await drydock.json(['vault', 'status'], exit, { env })).events()[0]?.['tier']
    expect(await tier(0)).toBe('keychain')

    const moved = await drydock.json(['vault', 'move', '--to', 'passphrase'], 0, { env: withFile })
    expect(moved.events().flatMap(({ event, key }) => (event === 'moved' ? [key] : []))).toEqual(
      expect.arrayContaining(['server:off', 'plan:docs']),
    )
    expect(moved.stderr).toContain('the console and the desktop app use it from now on')
    const keychainFile = await readFile(`${drydock.home}/vault.keychain.json`, 'utf8')
    expect(JSON.parse(keychainFile)).toMatchObject({ entries: {} })
    expect(await tier(1)).toBe('passphrase')

    const started = drydock.start(['console', '--json', '--no-open', '--port', '0'], { env })
    const [, url = ''] = await started.sees(/"url":"([^"]+)"/)
    const page = await ConsoleClient.open(url)
    expect(await page.call('vault.status')).toMatchObject({ tier: 'passphrase', state: 'locked' })
    await page.call('vault.unlock', { passphrase: 'open sesame' })
    expect(await page.call('vault.move', { tier: 'keychain' })).toMatchObject({ tier: 'keychain' })

    expect(await tier(0)).toBe('keychain')
    await drydock.json(['plan', 'run', 'docs'], 0, { env })
    await drydock.json(['restore', 'docs@latest', '--into', 'out', ...secrets('plan.json')], 0, { env })
    expect(await readFile(drydock.path('out', 'docs', 'a.txt'), 'utf8')).toBe('alpha')

    // What the environment names comes first, and that is said.
    const named = { ...withFile, DRYDOCK_VAULT: 'keychain' }
    const back = await drydock.json(['vault', 'move', '--to', 'passphrase'], 0, { env: named })
    expect(back.stderr).toContain('here DRYDOCK_VAULT=keychain chooses the other one')
    expect(await tier(1)).toBe('passphrase')
  })
})
