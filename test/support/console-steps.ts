import { execFile } from 'node:child_process'
import { promisify } from 'node:util'
import type { Page } from 'playwright-core'
import { go, input, wrongBeside } from './console-servers.ts'

/** For `expect.poll`: what a page or a run does by itself, on a machine that is busy. */
export const soon = { timeout: 30_000, interval: 100 }

export type TypedPlan = {
  name: string
  system: string
  path: string
  servers: readonly string[]
  /** As typed: `20 MB/s`. */
  limit?: string
  passphrase?: string
}

/** Makes a plan for a folder in its page; it is created and not started. */
export async function makePlan(page: Page, plan: TypedPlan): Promise<void> {
  await go(page, 'Plans')
  await page.getByRole('button', { name: 'Add plan', exact: true }).click()
  await page.getByRole('heading', { name: 'New plan' }).waitFor()
  await input(page, 'System').selectOption({ label: 'A new system' })
  await input(page, 'Name of the system').fill(plan.system)
  await input(page, 'Name of the plan').fill(plan.name)
  await input(page, 'Folder or file').fill(plan.path)
  const boxes = page.getByRole('group', { name: 'Servers', exact: true })
  for (const name of plan.servers) await boxes.getByRole('checkbox', { name, exact: true }).check()
  if (plan.limit !== undefined || plan.passphrase !== undefined) {
    await page.getByText('Packing, encryption and speed').click()
    if (plan.limit !== undefined) await input(page, 'Speed, at most').fill(plan.limit)
    if (plan.passphrase !== undefined) {
      await page.getByRole('radio', { name: 'Passphrase', exact: true }).check({ force: true })
      await input(page, 'Passphrase').fill(plan.passphrase)
      await input(page, 'Once more').fill(plan.passphrase)
    }
  }
  await page.getByRole('button', { name: 'Create plan' }).click()
  await page.getByRole('heading', { name: plan.name, exact: true }).waitFor()
}

/** Presses *Run now* of the plan that is shown. @returns the run's id, whose page is open then */
export async function runNow(page: Page): Promise<string> {
  await page.getByRole('button', { name: 'Run now' }).click()
  await page.waitForURL(/#\/runs\/[\w-]+/)
  return runOf(page)
}

/** The id of the run whose page is shown. */
export const runOf = (page: Page): string => /#\/runs\/([\w-]+)/.exec(page.url())?.[1] ?? ''

/** What differs between two trees; nothing when they are equal. */
export async function differences(one: string, other: string): Promise<string> {
  try {
    const { stdout } = await promisify(execFile)('diff', ['-r', '--no-dereference', one, other])
    return stdout
  } catch (err) {
    const { stdout, code } = err as { stdout: string; code: number }
    return stdout === '' ? `diff ended with ${code}` : stdout
  }
}

/** Waits until the run whose page is shown has ended. @returns its word: `Done`, `Restored`, `Failed`, … */
export async function runEnds(page: Page, id: string): Promise<string> {
  const header = page.getByRole('main')
  const ended =
    /^(Done|Restored|Done with problems|Restored with problems|Failed|Cancelled|Interrupted|Verified|Damaged)$/
  await page.waitForURL(new RegExp(`#/runs/${id}`))
  const word = header.getByText(ended).first()
  await word.waitFor({ timeout: 60_000 })
  return await word.innerText()
}

/** Reads the newest restore point that is shown in *Backups* back, and waits until it counts as verified. */
export async function verifyNewest(page: Page): Promise<void> {
  await go(page, 'Backups')
  const row = page.locator('table[aria-label="Restore points"] tr[data-index="0"]')
  await row.getByRole('checkbox').click()
  await page.getByRole('group', { name: 'Selected restore points' }).waitFor()
  await page.getByRole('button', { name: 'Verify', exact: true }).click()
  await row
    .getByText(/^Verified/)
    .first()
    .waitFor({ timeout: 60_000 })
}

export type TypedRestore = {
  into: string
  /** To choose; else what the page suggests is taken. */
  system?: string
  server?: string
  /** Opens an encrypted point. */
  passphrase?: string
  /** Tried before, and refused beside its field. */
  wrong?: string
}

/** Goes through the wizard to the last step, whose word is not typed yet. @returns the verdict and that word */
export async function prepareRestore(
  page: Page,
  { into, system, server, passphrase, wrong }: TypedRestore,
): Promise<{ verdict: string; word: string }> {
  await go(page, 'Restore')
  const next = (name: string) => page.getByRole('button', { name: `Next: ${name}` }).click()
  await page.getByRole('heading', { name: 'What do you want back?' }).waitFor()
  if (system !== undefined) await page.getByRole('main').getByText(system, { exact: true }).first().click()
  await next('source')
  await page.getByRole('heading', { name: 'Where should the backup come from?' }).waitFor()
  if (server !== undefined)
    await page.getByRole('grid', { name: 'Servers' }).getByText(server, { exact: true }).click()
  await next('restore point')
  await page.getByRole('heading', { name: 'Which moment do you want back?' }).waitFor()
  const open = async (secret: string) => {
    await input(page, 'Passphrase').fill(secret)
    await page.getByRole('button', { name: 'Open', exact: true }).click()
  }
  if (wrong !== undefined) {
    await open(wrong)
    await wrongBeside(page, 'Passphrase').waitFor()
  }
  if (passphrase !== undefined) await open(passphrase)
  await next('target')
  await page.getByRole('radio', { name: /^Into a folder of its own/ }).check()
  await input(page, 'Folder').fill(into)
  await next('preflight')
  await page.getByText('Can this restore start?').waitFor()
  const call = page.getByText(/^(GO|GO WITH WARNINGS|NO-GO)$/).first()
  await call.waitFor({ timeout: 40_000 })
  const verdict = await call.innerText()
  await next('confirm')
  const word = page.locator('label').filter({ hasText: 'To go on, type' }).locator('code')
  return { verdict, word: await word.innerText() }
}

/** Types the word of the last step and presses the red button. @returns the run's id, whose page is open then */
export async function confirmRestore(page: Page, word: string): Promise<string> {
  await page.getByLabel(/^To go on, type/).fill(word)
  await page.getByRole('button', { name: `Restore into ${word}` }).click()
  await page.waitForURL(/#\/runs\/[\w-]+/)
  return runOf(page)
}
