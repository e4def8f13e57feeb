import { createHash } from 'node:crypto'
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { Page } from 'playwright-core'
import { afterAll, beforeAll, expect } from 'vitest'
import type { DirectorComponent } from '../../../shared/director-files.ts'
import { directorComponents, directorFileName, directorFiles } from '../../../shared/director-files.ts'
import { browserAvailable, needs } from '../../support/browser.ts'
import type { Desk } from '../../support/console-journey.ts'
import { journeys } from '../../support/console-journey.ts'
import { checkAndAdd, go, input, typedServer, typeServer } from '../../support/console-servers.ts'
import { runEnds, runNow } from '../../support/console-steps.ts'
import { directorTools } from '../../support/director/component-tools.ts'
import type { DirectorServers } from '../../support/director/director-servers.ts'
import { directorServersAvailable, startDirectorServers } from '../../support/director/director-servers.ts'
import type { StandIn } from '../../support/director/stand-in.ts'
import { standInForTest } from '../../support/director/restore-by-hand.ts'
import { directorHost } from '../../support/director-restores.ts'
import {
  addDeployment,
  chooseRun,
  eraseAndRestore,
  openProof,
  shownHashes,
  trustHost,
  typeDeployment,
  verdictOf,
} from '../../support/director-steps.ts'
import { tempFolder } from '../../support/temp-folder.ts'

const system = 'Director DC'
const plan = 'dc-config'
const both = ['s3', 'sftp'] as const

journeys('a Director’s backup plan', await needs(browserAvailable, directorServersAvailable), journey => {
  let servers: DirectorServers
  beforeAll(async () => {
    servers = await startDirectorServers()
  })
  afterAll(() => servers?.stop())

  const deployment = (name: string, site: 'DC' | 'DR'): Promise<StandIn> => {
    const { port, user, privateKeyFile } = servers.places.sftp.server
    return standInForTest({ site, hosts: [{ ip: '127.0.0.1', port, name, user, pem: privateKeyFile }] })
  }

  /** The stamp and the hashes of the five files that a server holds, as setup.sh would fetch them. */
  async function filesOn(desk: Desk, server: string): Promise<{ stamp: string; hashes: Hashes }> {
    const listed = await desk.cli(['points', '--server', server, '--json'], 0)
    const points = listed.stdout
      .split('\n')
      .flatMap(line => (line === '' ? [] : [JSON.parse(line) as { point?: string }]))
      .flatMap(({ point }) => (point?.startsWith(`${plan}@`) ? [point] : []))
    expect(points).toHaveLength(1)
    const into = await tempFolder()
    await desk.cli(['restore', points[0] ?? '', '--server', server, '--into', into], 0)
    const stamp = (points[0] ?? '').slice(plan.length + 1, -1)
    const hashes: Partial<Hashes> = {}
    for (const component of directorComponents)
      hashes[component] = createHash('sha256')
        .update(await readFile(join(into, directorFileName(component, stamp))))
        .digest('hex')
    return { stamp, hashes: hashes as Hashes }
  }

  journey(
    'goes from a Director that is added to five files on two servers, and back from either, with a proof',
    async desk => {
      const { page } = desk
      const sshd = servers.places.sftp.server
      const dc = await deployment('director-dc', 'DC')
      await go(page, 'Plans')
      const add = page.getByRole('button', { name: 'Add plan', exact: true })
      expect(await add.getAttribute('aria-disabled')).toBe('true')
      await page.getByText('needs a server first').first().waitFor()
      await go(page, 'Servers')
      await typeServer(page, await typedServer(await servers.added('s3', 's3')))
      await checkAndAdd(page, 's3')
      const { name, args, secrets } = await servers.added('sftp', 'sftp')
      await desk.cli(['server', 'add', name, ...args, '--secrets-stdin'], 0, {
        input: JSON.stringify(secrets),
      })

      await addDirector(page)
      await typeDeployment(page, { name: 'dc', sshd, folder: dc.folder })
      await page.getByRole('button', { name: 'Save the folder' }).click()
      await page.getByRole('button', { name: 'Add system' }).click()
      await page.getByText(`Can ${system} be recovered right now?`).waitFor()
      await page.getByRole('link', { name: 'dc', exact: true }).first().click()
      await setCommands(page, await directorTools(await tempFolder(), null))
      await checkSite(page)

      await makeConfigurationPlan(page)
      const backup = await runNow(page)
      expect(await runEnds(page, backup)).toBe('Done')
      const found = await Promise.all(both.map(server => filesOn(desk, server)))
      expect(found[1]).toEqual(found[0])
      const { stamp, hashes } = found[0]!

      const dr = await deployment(directorHost, 'DR')
      await chooseRun(page, 'sftp', stamp)
      await addDeployment(page, { name: 'dr', sshd, folder: dr.folder })
      expect(await verdictOf(page)).toBe('NO-GO')
      expect(await trustHost(page)).toMatch(/^GO/)
      const run = await eraseAndRestore(page, directorHost)
      expect(await runEnds(page, run)).toBe('Restored')
      expect(await dr.restored()).toEqual(hashes)
      const report = await openProof(page, run)
      expect(report).toMatchObject({ runId: run, result: 'restored', failure: null, problems: [] })
      expect((await shownHashes(page)).toSorted()).toEqual(Object.values(hashes).toSorted())

      const again = ['director', 'restore', 'dr', '--server', 's3', '--stamp', 'latest']
      await desk.cli([...again, '--confirm', directorHost], 0)
      expect(await dr.calls()).toMatchObject([{ exit: 0 }, { exit: 0 }])
      expect(await dr.restored()).toEqual(hashes)

      await go(page, 'Overview')
      const row = page.getByRole('grid', { name: 'Protected systems' }).getByRole('row', { name: system })
      // Proven by the restore: what is left to say is that both servers stand nowhere else.
      await row.getByText('Ready').waitFor()
    },
    { timeout: 240_000 },
  )
})

type Hashes = Record<DirectorComponent, string>

async function addDirector(page: Page): Promise<void> {
  await go(page, 'Overview')
  await page.goto(`${page.url().split('#')[0]}#/overview/+new`)
  await input(page, 'Name').fill(system)
  await page.getByRole('radio', { name: 'Director', exact: true }).check({ force: true })
  await page.getByRole('button', { name: 'Add a folder' }).click()
}

/** Says how each component is had, as an operator types it. */
async function setCommands(
  page: Page,
  commands: Readonly<Record<DirectorComponent, { command: string | null }>>,
): Promise<void> {
  await page.getByRole('tab', { name: 'Components' }).click()
  for (const component of directorComponents)
    await page
      .getByRole('region', { name: directorFiles[component].title })
      .getByLabel('Command for sh, on the Director')
      .fill(commands[component].command ?? '')
  await page.getByRole('button', { name: 'Save commands' }).click()
  await page.getByText('Nothing has changed.').waitFor()
}

/** Checks the Director: the key of the folder's host is unknown at first, and that of the host in master.yml. */
async function checkSite(page: Page): Promise<void> {
  await page.getByRole('button', { name: 'Check', exact: true }).click()
  const trust = { name: 'Trust this key' }
  await page.getByRole('button', trust).click({ timeout: 40_000 })
  const line = page.getByRole('listitem').filter({ hasText: 'director-dc: host key' })
  await line.getByRole('button', trust).click({ timeout: 40_000 })
  const hosts = page.getByRole('table', { name: 'Hosts of master.yml' })
  await hosts.getByRole('row', { name: /director-dc.*Answers/ }).waitFor({ timeout: 40_000 })
}

/** Two servers, every day; it is created, and started by a button of its own. */
async function makeConfigurationPlan(page: Page): Promise<void> {
  await go(page, 'Plans')
  await page.getByRole('button', { name: 'Add a plan of another kind' }).click()
  await page.getByRole('menuitem', { name: 'Configuration backup' }).click()
  await page.getByRole('heading', { name: 'New configuration backup' }).waitFor()
  await input(page, 'System').selectOption({ label: system })
  await input(page, 'Name of the plan').fill(plan)
  await input(page, 'Director').selectOption({ label: 'dc' })
  const boxes = page.getByRole('group', { name: 'Servers', exact: true })
  for (const name of both) await boxes.getByRole('checkbox', { name, exact: true }).check()
  await page.getByRole('button', { name: 'Create plan' }).click()
  await page.getByRole('heading', { name: plan, exact: true }).waitFor()
  await page.getByText('Created', { exact: true }).first().waitFor()
  await page
    .getByRole('button', { name: `Start ${plan}` })
    .first()
    .click()
  await page.getByText('Scheduled', { exact: true }).first().waitFor()
}
