import type { Page } from 'playwright-core'
import { expect } from 'vitest'
import type { Desk } from './console-journey.ts'
import { input } from './console-servers.ts'
import { runOf } from './console-steps.ts'
import type { SwitchServers, SwitchSetup } from './director/switch-setup.ts'

/** Adds the server of both portals and both sites on the command line. No key of a host is trusted. */
export async function knowBothSites(desk: Desk, servers: SwitchServers, setup: SwitchSetup): Promise<void> {
  const { host, port, user, password } = servers.vsftpd
  const at = ['--host', host, '--port', String(port), '--user', user, '--path', setup.dir, '--tls', 'none']
  const secrets = JSON.stringify({ password })
  await desk.cli(['server', 'add', 'ftp', '--type', 'ftp', ...at, '--secrets-stdin'], 0, { input: secrets })
  for (const [name, { folder }] of Object.entries({ dc: setup.DC, dr: setup.DR })) {
    const looked = await desk.cli(['director', 'status', folder, '--as', name], 5)
    expect(looked.result().code).toBe('trust.host-key-unknown')
  }
}

/** Prepares a switch-over from the DC that the address names, over the server `ftp`. @returns its id, whose page is open then */
export async function prepareSwitch(page: Page, from: string, to: string): Promise<string> {
  await page.goto(`${page.url().split('#')[0]}#/switch/+new?from=${from}`)
  await page.getByRole('heading', { name: 'New switch-over' }).waitFor()
  await input(page, 'The DR, active afterwards').selectOption(to)
  await page.getByRole('radio', { name: /^ftp/ }).check({ force: true })
  await input(page, 'DNS name').fill('director.example.com')
  await page.getByRole('button', { name: 'Next: check step 1' }).click()
  await page.waitForURL(/#\/switch\/(?!\+)[^?/]+$/)
  return /#\/switch\/([^?/]+)$/.exec(page.url())?.[1] ?? ''
}

/** What the check of a step says of it. */
export async function stepVerdict(page: Page, step: 1 | 2): Promise<string> {
  await page.getByText(`Can step ${step} start: `).waitFor()
  const call = page.getByRole('region', { name: 'Verdict' }).getByText(/^(GO|GO WITH WARNINGS|NO-GO)$/)
  await call.waitFor({ timeout: 40_000 })
  return await call.innerText()
}

/** Pins the key of the step's host, which the check has refused. @returns the verdict after that */
export async function trustStepHost(page: Page, step: 1 | 2, fingerprint: string): Promise<string> {
  const trust = page.getByRole('button', { name: 'Trust this key' })
  const line = page.getByRole('list', { name: 'Preflight' }).getByRole('listitem').filter({ has: trust })
  expect(await line.innerText()).toContain(fingerprint)
  await line.getByRole('button', { name: 'Trust this key' }).click()
  await line.waitFor({ state: 'detached' })
  return await stepVerdict(page, step)
}

/** Types the name of the host and presses the red button. @returns the run's id, whose page is open then */
export async function startStep(page: Page, host: string, deed: string): Promise<string> {
  await page.getByRole('button', { name: 'Next: confirm' }).click()
  const start = page.getByRole('button', { name: deed })
  await page.getByLabel(/^To go on, type/).fill(host.slice(0, -1))
  expect(await start.getAttribute('aria-disabled')).toBe('true')
  await page.getByLabel(/^To go on, type/).fill(host)
  await start.click()
  await page.waitForURL(/#\/runs\/[\w-]+/)
  return runOf(page)
}

/** A stage of the switch-over that is shown, at its left. */
export const stageNamed = (page: Page, name: string) =>
  page.getByRole('list', { name: 'Steps' }).getByRole('listitem').filter({ hasText: name })
