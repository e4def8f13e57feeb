import { readFile } from 'node:fs/promises'
import type { Page } from 'playwright-core'
import { expect } from 'vitest'
import { type ProofReport, proofReport } from '../../shared/contract/proof.ts'
import { go, input } from './console-servers.ts'
import { runOf, soon } from './console-steps.ts'
import type { Sshd } from './servers/sshd.ts'

const next = (page: Page, step: string) => page.getByRole('button', { name: `Next: ${step}` })
const asks = (page: Page, question: string) => page.getByRole('heading', { name: question }).waitFor()

/** Told where a step stands, before it is left. */
export type Look = (name: string) => Promise<unknown>
const unseen: Look = () => Promise.resolve()

/** Goes through the wizard's first three steps: a Director, from that server, as that run left it. */
export async function chooseRun(page: Page, server: string, stamp: string, look = unseen): Promise<void> {
  await go(page, 'Restore')
  await asks(page, 'What do you want back?')
  await page.getByRole('main').getByText('Director (zWAN)', { exact: true }).click()
  await next(page, 'source').click()
  await asks(page, 'Where should the backup come from?')
  const row = page
    .getByRole('grid', { name: 'Servers' })
    .getByRole('row')
    .filter({ has: page.getByText(server, { exact: true }) })
  await row.getByText('Answers').waitFor()
  await row.getByText(server, { exact: true }).click()
  await look('source')
  await next(page, 'restore point').click()
  await asks(page, 'Which moment do you want back?')
  await page
    .getByRole('grid', { name: `Director runs on ${server}` })
    .getByText(stamp, { exact: true })
    .click()
  await look('point')
  await next(page, 'target').click()
  await asks(page, 'Where should it go?')
}

export type TypedDeployment = {
  name: string
  sshd: Sshd
  folder: string
  directorUrl?: string
  /** Typed too; without it the page has to ask about the key. */
  hostKey?: string
}

/** Types a deployment folder that lies on a host into its form. */
export async function typeDeployment(page: Page, typed: TypedDeployment): Promise<void> {
  const { name, sshd, folder, directorUrl, hostKey } = typed
  await input(page, 'Name').fill(name)
  // Not as master.yml names it: a host of the same address would show a key that is pinned already.
  await input(page, 'Host').fill('localhost')
  await input(page, 'Port').fill(String(sshd.port))
  await input(page, 'User').fill(sshd.user)
  await input(page, 'Folder').fill(folder)
  await page.getByRole('radio', { name: 'Private key', exact: true }).check({ force: true })
  await input(page, 'Private key').fill(sshd.privateKey)
  if (directorUrl !== undefined) await input(page, 'Director page').fill(directorUrl)
  if (hostKey !== undefined) await input(page, 'Host key').fill(hostKey)
}

/** Adds a deployment folder that lies on a host, in the step that asks for the target, and waits until it is read. */
export async function addDeployment(page: Page, typed: TypedDeployment, look = unseen): Promise<void> {
  const { sshd, hostKey } = typed
  const first = page.getByRole('button', { name: 'Add the deployment folder' })
  await first.or(page.getByRole('button', { name: 'Add', exact: true })).click()
  await asks(page, 'Where does the deployment folder lie?')
  await typeDeployment(page, typed)
  await look('deployment')
  await page.getByRole('button', { name: 'Save and read it' }).click()
  const trust = page.getByRole('button', { name: 'Trust this key' })
  if (hostKey === undefined) {
    await page.getByText(await sshd.hostFingerprint()).waitFor()
    await look('deployment-unknown')
    await trust.click()
  }
  await page.getByRole('table', { name: 'Hosts in master.yml' }).waitFor()
}

const verdicts = /^(GO|GO WITH WARNINGS|NO-GO)$/

/** Goes on to the preflight and waits for what it says. */
export async function verdictOf(page: Page): Promise<string> {
  await next(page, 'preflight').click()
  return await shownVerdict(page)
}

async function shownVerdict(page: Page): Promise<string> {
  await page.getByText('Can this restore start?').waitFor()
  const call = page.getByRole('region', { name: 'Verdict' }).getByText(verdicts)
  await call.waitFor({ timeout: 40_000 })
  return await call.innerText()
}

/** Pins the key that a host of `master.yml` showed, and waits for the verdict after that. */
export async function trustHost(page: Page): Promise<string> {
  const line = page
    .getByRole('list', { name: 'Preflight' })
    .getByRole('listitem')
    .filter({
      has: page.getByRole('button', { name: 'Trust this key' }),
    })
  await line.getByRole('button', { name: 'Trust this key' }).click()
  await line.waitFor({ state: 'detached' })
  return await shownVerdict(page)
}

/** Types the name of the host that is erased and presses the red button. @returns the run's id, whose page is open then */
export async function eraseAndRestore(page: Page, host: string, look = unseen): Promise<string> {
  await next(page, 'confirm').click()
  const erase = page.getByRole('button', { name: `Erase ${host} and restore` })
  await page.getByLabel(/^To go on, type/).fill(host.slice(0, -1))
  expect(await erase.getAttribute('aria-disabled')).toBe('true')
  // What the vendor's document says of such a restore is told before it begins.
  const told = page.getByRole('list').filter({ hasText: 'Schedules come with the configuration' })
  expect(await told.innerText()).toMatch(/after the end of the week[\s\S]*never writes or removes anything/)
  await look('confirm')
  await page.getByLabel(/^To go on, type/).fill(host)
  await erase.click()
  await page.waitForURL(/#\/runs\/[\w-]+/)
  return runOf(page)
}

export const terminal = (page: Page) => page.getByRole('region', { name: /^setup\.sh on/ })

/** All that the terminal holds, as its *Copy* gives it. The window must be in front. */
export async function terminalText(page: Page): Promise<string> {
  await page.context().grantPermissions(['clipboard-read', 'clipboard-write'])
  await page.evaluate(`navigator.clipboard.writeText('')`)
  await terminal(page).getByRole('button', { name: /^Cop/ }).click()
  let text = ''
  await expect
    .poll(async () => (text = await page.evaluate<string>('navigator.clipboard.readText()')), soon)
    .not.toBe('')
  return text
}

/** How often the terminal shows a recap, once it shows as many. */
export async function recaps(page: Page, times: number): Promise<void> {
  await expect
    .poll(async () => (await terminalText(page)).match(/PLAY RECAP/g)?.length ?? 0, soon)
    .toBe(times)
}

/** Notes in the run's page what was seen of one of the two pages afterwards. */
export async function noteAfterwards(
  page: Page,
  of: 'Director pages' | 'Analytics pages',
  note = '',
): Promise<void> {
  const card = page.getByRole('group', { name: of })
  await card.getByRole('radio', { name: 'All there' }).check({ force: true })
  if (note !== '') await input(page, 'Note').and(card.locator('*')).fill(note)
  await card.getByRole('button', { name: 'Note it' }).click()
  await card.getByText('Noted: all there').waitFor()
}

/** Opens the proof of the run whose page is shown, and saves its report. */
export async function openProof(page: Page, run: string): Promise<ProofReport> {
  await page.getByRole('link', { name: 'Open the proof' }).click()
  await page.waitForURL(`**/#/proofs/${run}`)
  const [download] = await Promise.all([
    page.waitForEvent('download'),
    page.getByRole('button', { name: 'Save as JSON' }).click(),
  ])
  return proofReport.parse(JSON.parse(await readFile(await download.path(), 'utf8')))
}

/** The hashes that the proof's page shows, in the order of its files. */
export async function shownHashes(page: Page): Promise<(string | null)[]> {
  const cells = page.getByRole('table', { name: 'Files' }).locator('code[title]')
  await cells.first().waitFor()
  return await Promise.all((await cells.all()).map(cell => cell.getAttribute('title')))
}
