import { rm, mkdtemp } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect } from 'vitest'
import { browserAvailable, needs } from '../../support/browser.ts'
import { journeys } from '../../support/console-journey.ts'
import type { TypedServer } from '../../support/console-servers.ts'
import {
  checkAndAdd,
  go,
  input,
  typedServer,
  typeServer,
  wrongBeside,
} from '../../support/console-servers.ts'
import type { AddedServer } from '../../support/five-servers.ts'
import { fiveServersAvailable, startFiveServers, type FiveServers } from '../../support/five-servers.ts'
import { startSshd, type Sshd } from '../../support/servers/sshd.ts'

journeys('a mistake in a new server', await needs(browserAvailable, fiveServersAvailable), journey => {
  let five: FiveServers
  let sshd: Sshd
  let scratch: string
  beforeAll(async () => {
    scratch = await mkdtemp(join(tmpdir(), 'drydock-wrong-'))
    ;[five, sshd] = await Promise.all([startFiveServers(), startSshd({ passwordUser: true })])
  })
  afterAll(async () => {
    await Promise.allSettled([five?.stop(), sshd?.stop()])
    await rm(scratch, { recursive: true, force: true })
  })
  const one = (kind: string): AddedServer => five.servers.find(({ args }) => args[1] === kind)!
  const withPassword = (): AddedServer => {
    const { name, password, home } = sshd.passwordUser!
    const args = [
      '--type',
      'sftp',
      '--host',
      sshd.host,
      '--port',
      String(sshd.port),
      '--user',
      name,
      '--path',
      home,
    ]
    return { name: 'shell', args, secrets: { password } }
  }

  const cases: [string, () => AddedServer, string][] = [
    ['S3', () => one('s3'), 'Secret key'],
    ['FTPS', () => one('ftp'), 'Password'],
    ['Azure', () => one('azure'), 'Account key'],
  ]
  for (const [kind, server, label] of cases)
    journey(`shows a wrong secret of ${kind} beside its field, and goes on when it is right`, async desk => {
      const { page } = desk
      const typed = await typedServer(server())
      // A key of Azure is base64: any other text is wrong before anybody is asked.
      const wrong = kind === 'Azure' ? Buffer.alloc(64, 'not it').toString('base64') : 'not the secret'
      await go(page, 'Servers')
      await typeServer(page, { ...typed, fields: { ...typed.fields, [label]: wrong } } satisfies TypedServer)
      await page.getByRole('button', { name: /^Check and add/ }).click()
      await wrongBeside(page, label).waitFor()
      expect(await wrongBeside(page, label).innerText()).toMatch(/refused/)
      expect(await input(page, label).getAttribute('aria-invalid')).toBe('true')
      expect((await desk.cli(['server', 'list'])).events().filter(({ event }) => event === 'server')).toEqual(
        [],
      )
      // It failed, and may be added all the same; what is typed after that is another try.
      await page.getByRole('button', { name: 'Add it all the same' }).waitFor()
      await input(page, label).fill(typed.fields[label] ?? '')
      await checkAndAdd(page, typed.name)
    })

  journey(
    'asks about a host key that nobody vouched for, then shows a wrong password of SFTP',
    async desk => {
      const { page } = desk
      const typed = await typedServer(withPassword())
      await go(page, 'Servers')
      await typeServer(page, { ...typed, fields: { ...typed.fields, Password: 'not the password' } })
      await page.getByRole('button', { name: /^Check and add/ }).click()
      const form = page.getByRole('form', { name: 'New SFTP server' })
      const question = form.getByRole('alert').filter({ hasText: 'Nobody has vouched for' })
      await question.waitFor()
      const fingerprint = await sshd.hostFingerprint()
      expect(await question.innerText()).toContain(fingerprint)
      await page.getByRole('button', { name: 'Trust this key' }).click()
      await wrongBeside(page, 'Password').waitFor()
      expect(await input(page, 'Host key').inputValue()).toBe(fingerprint)
      await input(page, 'Password').fill(sshd.passwordUser!.password)
      await checkAndAdd(page, 'shell')
    },
  )

  journey('stops at a host key that is another than before, and says so beside the field', async desk => {
    const { page } = desk
    const known = `SHA256:${'A'.repeat(42)}E`
    const typed = await typedServer(withPassword())
    await go(page, 'Servers')
    await typeServer(page, { ...typed, fields: { ...typed.fields, 'Host key': known } })
    await page.getByRole('button', { name: /^Check and add/ }).click()
    await wrongBeside(page, 'Host key').waitFor()
    expect(await page.getByRole('button', { name: 'Trust this key' }).count()).toBe(0)
  })
})
