import { join } from 'node:path'
import type { Page } from 'playwright-core'
import { expect } from 'vitest'
import { formatBytes, MiB } from '../../../shared/units.ts'
import { browserAvailable } from '../../support/browser.ts'
import { journeys, type Desk } from '../../support/console-journey.ts'
import { go } from '../../support/console-servers.ts'
import { addDisk, makeSource } from '../../support/console-state.ts'
import { differences, runEnds, runNow, runOf, soon } from '../../support/console-steps.ts'

/** Slow enough to be met under way, and done in moments once its limit is lifted. */
const limit = '2MB'
const size = 64 * MiB

async function slowPlan(desk: Desk): Promise<string> {
  const source = await makeSource(desk, 'documents', size)
  await addDisk(desk)
  const plan = ['--system', 'Documents', '--to', 'disk', '--daily', '02:30', '--limit', limit]
  await desk.cli(['plan', 'add', 'docs', source, ...plan])
  return source
}

/** Starts the plan in its page, and waits until bytes are acknowledged. */
async function startSlow(desk: Desk): Promise<string> {
  await go(desk.page, 'Plans')
  const run = await runNow(desk.page)
  await moves(desk.page)
  return run
}

const transfer = (page: Page) => page.getByRole('region', { name: 'Transfer' })
const shownBytes = async (page: Page): Promise<string> =>
  (await transfer(page).innerText()).split(/ of | acknowledged/)[0]!.trim()
const moves = (page: Page) => expect.poll(() => shownBytes(page), soon).toMatch(/MiB/)

type Shown = { state: string; bytes: number; total: number | null }
async function toldByCli(desk: Desk, run: string): Promise<Shown> {
  const [event] = (await desk.cli(['runs', 'show', run])).events()
  return { state: String(event!['state']), ...(event!['progress'] as Omit<Shown, 'state'>) }
}

async function showsWhatIsTold(desk: Desk, run: string, page: Page): Promise<boolean> {
  return (await shownBytes(page)) === formatBytes((await toldByCli(desk, run)).bytes)
}

async function liftLimit(page: Page): Promise<void> {
  await page.getByRole('button', { name: 'Change the limit' }).click()
  await page.getByRole('button', { name: 'Lift the limit' }).click()
  await page.getByRole('dialog').waitFor({ state: 'detached' })
}

async function cancel(page: Page, kind = 'backup'): Promise<void> {
  await page.getByRole('button', { name: `Cancel ${kind}` }).click()
  const dialog = page.getByRole('alertdialog')
  await dialog.waitFor()
  await dialog.getByRole('button', { name: `Cancel ${kind}` }).click()
}

/** The first line of `runs watch --json` in another process. */
async function watched(desk: Desk, run: string): Promise<Record<string, unknown>> {
  const started = desk.drydock.start(['runs', 'watch', run, '--json'], { env: desk.env })
  const [line] = await started.sees(/^\{"event":"progress".*\}$/m)
  started.child.kill('SIGINT')
  await started.ended
  return JSON.parse(line) as Record<string, unknown>
}

journeys('a run under way', await browserAvailable(), journey => {
  journey(
    'pauses, goes on, is cancelled and resumed, with the numbers that the command line tells',
    async desk => {
      const { page } = desk
      const run = await startSlow(desk)
      await page.getByRole('button', { name: 'Pause', exact: true }).click()
      await page.getByRole('button', { name: 'Continue', exact: true }).waitFor()
      await expect.poll(async () => (await toldByCli(desk, run)).state, soon).toBe('paused')
      await expect.poll(() => showsWhatIsTold(desk, run, page), soon).toBe(true)
      const { bytes, total } = await toldByCli(desk, run)
      expect(await watched(desk, run)).toMatchObject({ run, bytes, total })
      if (total !== null) expect(await transfer(page).innerText()).toContain(`of ${formatBytes(total)}`)

      await page.getByRole('button', { name: 'Continue', exact: true }).click()
      await expect.poll(async () => (await toldByCli(desk, run)).bytes, soon).toBeGreaterThan(bytes)
      await cancel(page)
      expect(await runEnds(page, run)).toBe('Cancelled')
      expect((await toldByCli(desk, run)).state).toBe('cancelled')

      await page.getByRole('button', { name: /^Resume/ }).click()
      await page.getByRole('button', { name: 'Change the limit' }).waitFor()
      await liftLimit(page)
      expect(await runEnds(page, run)).toBe('Done')
      const end = await toldByCli(desk, run)
      expect(end).toMatchObject({ state: 'succeeded', bytes: end.total })
      await expect.poll(() => shownBytes(page), soon).toBe(formatBytes(end.bytes))
    },
    { before: async desk => void (await slowPlan(desk)) },
  )

  journey(
    'keeps its limit when no limit is typed, and shows the one that is set as it was typed',
    async desk => {
      const { page } = desk
      const run = await startSlow(desk)
      const change = page.getByRole('button', { name: 'Change the limit' })
      await page.getByText(/^Limit\s*2 MB/).waitFor()
      await change.click()
      const dialog = page.getByRole('dialog')
      await dialog.getByRole('textbox').fill('abc')
      await dialog.getByRole('button', { name: 'Set the limit' }).click()
      await dialog.getByText('A rate above 0').waitFor()
      await dialog.getByRole('textbox').fill('500 kB')
      await dialog.getByRole('button', { name: 'Set the limit' }).click()
      await dialog.waitFor({ state: 'detached' })
      await page.getByText(/^Limit\s*500 kB/).waitFor()
      await page.getByText('Slow because of its limit').waitFor()
      await cancel(page)
      expect(await runEnds(page, run)).toBe('Cancelled')
    },
    { before: async desk => void (await slowPlan(desk)) },
  )

  journey(
    'is lost by nothing: a reload, a connection that breaks, a second window',
    async desk => {
      const { page } = desk
      let cut: (() => void) | null = null
      let broken = false
      await page.routeWebSocket(/\/rpc$/, socket => {
        if (broken) return void socket.close({ code: 1001 })
        const server = socket.connectToServer()
        cut = () => {
          void server.close({ code: 1001 })
          void socket.close({ code: 1001 })
        }
      })
      await page.reload()
      const run = await startSlow(desk)

      await page.reload()
      await moves(page)
      expect(runOf(page)).toBe(run)
      await page.getByRole('button', { name: 'Pause', exact: true }).waitFor()
      const other = await desk.window(`#/runs/${run}`)
      await moves(other)

      // Whether the engine lives is asked at the address of the socket, which is none for a page.
      desk.expected(/426 \(Upgrade Required\)/)
      broken = true
      cut!()
      const notice = page.getByRole('alert').filter({ hasText: 'The connection to the engine is lost' })
      await notice.waitFor()
      const before = (await toldByCli(desk, run)).bytes
      await expect.poll(async () => (await toldByCli(desk, run)).bytes, soon).toBeGreaterThan(before)
      broken = false
      await notice.waitFor({ state: 'detached' })
      await other.getByRole('button', { name: 'Pause', exact: true }).click()
      await page.getByRole('button', { name: 'Continue', exact: true }).waitFor()
      await expect.poll(() => showsWhatIsTold(desk, run, page), soon).toBe(true)
      await expect.poll(() => showsWhatIsTold(desk, run, other), soon).toBe(true)
      await page.getByRole('button', { name: 'Continue', exact: true }).click()
      await liftLimit(other)
      expect(await runEnds(page, run)).toBe('Done')
      expect(await runEnds(other, run)).toBe('Done')
    },
    { before: async desk => void (await slowPlan(desk)) },
  )

  journey('of another process is seen, and cancelled from the page', async desk => {
    const { page } = desk
    const source = await makeSource(desk, 'documents', size)
    await addDisk(desk)
    await go(page, 'Runs')
    const args = ['backup', source, '--name', 'by-hand', '--to', 'disk', '--limit', limit, '--json']
    const started = desk.drydock.start(args, { env: desk.env })
    await page
      .getByRole('link', { name: /by-hand/ })
      .first()
      .click()
    const run = runOf(page)
    await moves(page)
    await cancel(page)
    expect(await runEnds(page, run)).toBe('Cancelled')
    expect((await started.ended).exit).toBe(130)
  })

  journey('that restores is cancelled and resumed, and all comes back', async desk => {
    const { page } = desk
    const source = await makeSource(desk, 'documents', size)
    await addDisk(desk)
    await desk.cli(['backup', source, '--name', 'docs', '--to', 'disk'])
    const into = desk.drydock.path('restored')
    await go(page, 'Runs')
    const args = ['restore', 'docs@latest', '--server', 'disk', '--into', into, '--limit', limit, '--json']
    const started = desk.drydock.start(args, { env: desk.env })
    await page
      .getByRole('link', { name: /^Restore of docs/ })
      .first()
      .click()
    const run = runOf(page)
    await moves(page)
    await cancel(page, 'restore')
    expect(await runEnds(page, run)).toBe('Cancelled')
    expect((await started.ended).exit).toBe(130)
    await page.getByRole('button', { name: /^Resume/ }).click()
    await page.getByRole('button', { name: 'Change the limit' }).waitFor()
    await liftLimit(page)
    expect(await runEnds(page, run)).toBe('Restored')
    expect(await differences(source, join(into, 'documents'))).toBe('')
  })

  journey(
    'that was killed is found interrupted by the next start, and is resumed to the end',
    async desk => {
      const run = await startSlow(desk)
      desk.expected(/WebSocket|Failed to load resource|ERR_CONNECTION/)
      await desk.stopConsole('SIGKILL')
      await desk.page.close()
      const page = await desk.openConsole()
      await go(page, 'Runs')
      await page.getByRole('link', { name: /docs/ }).first().click()
      expect(await runEnds(page, run)).toBe('Interrupted')
      await page.getByRole('button', { name: /^Resume/ }).click()
      await page.getByRole('button', { name: 'Change the limit' }).waitFor()
      await liftLimit(page)
      expect(await runEnds(page, run)).toBe('Done')
      const into = desk.drydock.path('restored')
      await desk.cli(['restore', 'docs@latest', '--server', 'disk', '--into', into])
      expect(await differences(desk.drydock.path('documents'), join(into, 'documents'))).toBe('')
    },
    { before: async desk => void (await slowPlan(desk)) },
  )
})
