import { readFile, readdir } from 'node:fs/promises'
import type { Page } from 'playwright-core'
import { expect } from 'vitest'
import { browserAvailable } from '../../support/browser.ts'
import { canary, filesHolding, holdsSecret } from '../../support/canary.ts'
import { journeys } from '../../support/console-journey.ts'
import { checkAndAdd, go, input, typeServer, type TypedServer } from '../../support/console-servers.ts'
import { makeSource } from '../../support/console-state.ts'
import { confirmRestore, makePlan, prepareRestore, runEnds, runNow } from '../../support/console-steps.ts'

const nowhere = { Host: '127.0.0.1', Port: '9', User: 'nobody' }
const typed: TypedServer[] = [
  {
    ...{ name: 'keys', kind: 'S3', choose: [], more: { 'Session token': canary('session-token') } },
    fields: {
      URL: 'http://127.0.0.1:9',
      Bucket: 'backups',
      'Access key': canary('access-key'),
      'Secret key': canary('secret-key'),
    },
  },
  {
    ...{ name: 'account', kind: 'Azure', choose: ['Account key'], more: { URL: 'http://127.0.0.1:9/some' } },
    fields: {
      'Storage account': 'some',
      Container: 'backups',
      'Account key': Buffer.from(canary('account-key').repeat(2)).toString('base64'),
    },
  },
  {
    ...{ name: 'signature', kind: 'Azure', choose: ['SAS'], more: { URL: 'http://127.0.0.1:9/some' } },
    fields: {
      'Storage account': 'some',
      Container: 'backups',
      'Shared access signature': `?sv=2024&sig=${canary('sas')}`,
    },
  },
  {
    ...{ name: 'string', kind: 'Azure', choose: ['Connection string'], more: {} },
    fields: {
      Container: 'backups',
      'Connection string': `BlobEndpoint=http://127.0.0.1:9/some;AccountName=some;AccountKey=${Buffer.from(canary('string')).toString('base64')}`,
    },
  },
  {
    ...{ name: 'shell', kind: 'SFTP', choose: ['Password'], more: {} },
    fields: { ...nowhere, Password: canary('sftp-password') },
  },
  {
    ...{ name: 'key', kind: 'SFTP', choose: ['Private key'], more: {} },
    fields: {
      ...nowhere,
      'Private key': `${canary('private-key')}\nis no key`,
      'Passphrase of the key': canary('key-passphrase'),
    },
  },
  {
    ...{ name: 'transfer', kind: 'FTPS or FTP', choose: [], more: {} },
    fields: { ...nowhere, Password: canary('ftp-password') },
  },
]
const vaultPassphrase = canary('vault')
const planPassphrase = canary('plan')
const foreignPassphrase = canary('foreign')
const wrongPassphrase = canary('wrong')

/** What lies in a connection string is looked for by itself too. */
const inner = [Buffer.from(canary('string')).toString('base64'), canary('sas')]
const open = ['URL', 'Host', 'Port', 'User', 'Bucket', 'Container', 'Storage account']
const secrets = [
  ...typed.flatMap(({ fields, more }) =>
    Object.entries({ ...fields, ...more }).filter(([label]) => !open.includes(label)),
  ),
]
  .map(([, secret]) => secret)
  .concat(inner, vaultPassphrase, planPassphrase, foreignPassphrase, wrongPassphrase)

const holding = (text: string) => secrets.filter(secret => holdsSecret(text, secret))

journeys('a secret typed into a form', await browserAvailable(), journey => {
  const received: string[] = []
  journey(
    'is found afterwards in no file, log, event, page, store of the browser or process argument',
    async desk => {
      const { page } = desk
      const source = await makeSource(desk, 'documents', 100_000)
      const disk = desk.drydock.path('disk')

      await go(page, 'Settings')
      await input(page, 'New passphrase of the vault').fill(vaultPassphrase)
      await input(page, 'The same again').fill(vaultPassphrase)
      await page.getByRole('button', { name: 'Make the vault' }).click()
      await input(page, 'New passphrase of the vault').waitFor({ state: 'detached' })

      const seen = async (where: string) => {
        expect(holding(await shownBy(page)), `shown or kept by the page after ${where}`).toEqual([])
        expect(holding(await processArguments()), `arguments of processes after ${where}`).toEqual([])
      }
      await seen('the vault')
      for (const server of typed) {
        await page.goto(`${desk.origin}/#/servers/+new`)
        await page.reload()
        await typeServer(page, server)
        await page.getByRole('button', { name: /^Check and add/ }).click()
        const anyway = page.getByRole('button', { name: 'Add it all the same' })
        const refused = page.locator('[data-wrong]').getByRole('alert')
        await anyway.or(refused).first().waitFor()
        if (await anyway.isVisible()) {
          await anyway.click()
          await page.getByRole('heading', { name: server.name, exact: true }).waitFor()
        } else {
          await go(page, 'Overview')
          await page.getByRole('button', { name: 'Leave without saving' }).click()
        }
        await seen(server.name)
      }
      await page.goto(`${desk.origin}/#/servers/+new`)
      await page.reload()
      await typeServer(page, {
        ...{ name: 'disk', kind: 'Local or removable disk', choose: [], more: {} },
        fields: { Folder: disk },
      })
      await checkAndAdd(page, 'disk')
      await makePlan(page, {
        ...{ name: 'sealed', system: 'Secrets', path: source, servers: ['disk'] },
        passphrase: planPassphrase,
      })
      await seen('the plan')
      expect(await runEnds(page, await runNow(page))).toBe('Done')
      await seen('the run')
      // The plan opens its own points from the vault: one that no plan made asks for its passphrase.
      const foreign = { DRYDOCK_HOME: desk.drydock.path('another laptop'), DRYDOCK_VAULT: 'memory' }
      await desk.cli(['server', 'add', 'disk', '--type', 'local', '--path', disk], 0, { env: foreign })
      const sealed = ['backup', source, '--name', 'foreign', '--to', 'disk', '--encrypt', 'passphrase']
      await desk.cli([...sealed, '--secrets-stdin'], 0, {
        env: foreign,
        input: JSON.stringify({ passphrase: foreignPassphrase }),
      })
      const into = desk.drydock.path('back')
      const { word } = await prepareRestore(page, {
        ...{ into, system: 'foreign', server: 'disk', wrong: wrongPassphrase, passphrase: foreignPassphrase },
      })
      await seen('the wizard')
      expect(await runEnds(page, await confirmRestore(page, word))).toBe('Restored')
      await seen('the restore')

      for (const { name } of await pagesOf(page)) {
        await go(page, name)
        await seen(name)
      }
      expect(received.length).toBeGreaterThan(50)
      expect(holding(received.join('\n')), 'sent to the page').toEqual([])
      expect(holding(desk.said.join('\n')), 'said by the page').toEqual([])
      await page.close()
      const { stdout, stderr } = await desk.stopConsole()
      expect(holding(stdout + stderr), 'printed by the console').toEqual([])
      const files = await readdir(desk.drydock.home, { recursive: true })
      expect(files).toContain('vault.json')
      expect(files).toContainEqual(expect.stringMatching(/^runs\/[^/]+\/log\.txt$/))
      expect(await filesHolding(desk.drydock.home, secrets), 'files of the state folder').toEqual([])
      expect(await filesHolding(disk, secrets), 'files of the server').toEqual([])
    },
    {
      vault: 'none',
      before: async desk => {
        received.length = 0
        desk.context.on('page', page =>
          page.on('websocket', socket =>
            socket.on('framereceived', ({ payload }) => void received.push(String(payload))),
          ),
        )
      },
    },
  )
})

/** The page's own text, what is typed into it now, its address, and what it keeps in the browser. */
async function shownBy(page: Page): Promise<string> {
  const kept = await page.evaluate<string>(
    `JSON.stringify([{ ...localStorage }, { ...sessionStorage }, history.state, location.href, document.cookie,
      [...document.querySelectorAll('input, textarea')].map(({ value }) => value)])`,
  )
  return kept + (await page.content())
}

/** The command lines of every process of this machine. */
async function processArguments(): Promise<string> {
  const pids = (await readdir('/proc').catch(() => [])).filter(name => /^\d+$/.test(name))
  const lines = await Promise.all(pids.map(pid => readFile(`/proc/${pid}/cmdline`, 'utf8').catch(() => '')))
  return lines.join('\n')
}

async function pagesOf(page: Page): Promise<{ name: string }[]> {
  const links = page.getByRole('navigation', { name: 'Pages' }).getByRole('link')
  return (await links.allInnerTexts()).map(text => ({ name: text.split('\n')[0] ?? '' }))
}
