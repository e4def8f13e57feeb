import { join } from 'node:path'
import { afterAll, beforeAll, expect } from 'vitest'
import { browserAvailable, needs } from '../../support/browser.ts'
import { journeys } from '../../support/console-journey.ts'
import { checkAndAdd, go, input, typedServer, typeServer } from '../../support/console-servers.ts'
import { makeSource } from '../../support/console-state.ts'
import { confirmRestore, differences, prepareRestore, runEnds } from '../../support/console-steps.ts'
import { sshdAvailable, startSshd, type Sshd } from '../../support/servers/sshd.ts'

const passphrase = 'correct horse, no battery'

journeys('a new laptop that knows nothing', await needs(browserAvailable, sshdAvailable), journey => {
  let sshd: Sshd
  beforeAll(async () => {
    sshd = await startSshd()
  })
  afterAll(() => sshd?.stop())

  journey('restores an encrypted point with the address, the key and the passphrase alone', async desk => {
    const { page } = desk
    // Another laptop made the backup; all it leaves behind is on the server.
    const source = await makeSource(desk)
    const home = { DRYDOCK_HOME: desk.drydock.path('another laptop'), DRYDOCK_VAULT: 'memory' }
    const { host, port, user, files, privateKey } = sshd
    const args = ['--type', 'sftp', '--host', host, '--port', String(port), '--user', user, '--path', files]
    const trust = ['--host-key', await sshd.hostFingerprint(), '--no-test']
    const secrets = { privateKey, passphrase }
    await desk.cli(['server', 'add', 'depot', ...args, ...trust], 0, { env: home })
    await desk.cli(
      ['backup', source, '--name', 'docs', '--to', 'depot', '--encrypt', 'passphrase', '--secrets-stdin'],
      0,
      { env: home, input: JSON.stringify(secrets) },
    )

    await page
      .getByText(/No server/i)
      .first()
      .waitFor()
    await go(page, 'Servers')
    const server = await typedServer({ name: 'depot', args, secrets: { privateKey } })
    await typeServer(page, server)
    await page.getByRole('button', { name: /^Check and add/ }).click()
    await page.getByRole('button', { name: 'Trust this key' }).click()
    await page.getByRole('list', { name: 'What was checked' }).waitFor()
    expect(await input(page, 'Host key').inputValue()).toBe(await sshd.hostFingerprint())
    await checkAndAdd(page, 'depot')

    const into = desk.drydock.path('back')
    const { verdict, word } = await prepareRestore(page, { into, passphrase, wrong: 'not it' })
    // Nobody has read it back on this laptop yet, and it says so.
    expect(verdict).toBe('GO WITH WARNINGS')
    expect(await runEnds(page, await confirmRestore(page, word))).toBe('Restored')
    expect(await differences(source, join(into, 'documents'))).toBe('')
  })
})
