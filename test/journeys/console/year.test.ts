import type { Page } from 'playwright-core'
import { expect } from 'vitest'
import { browserAvailable } from '../../support/browser.ts'
import { journeys } from '../../support/console-journey.ts'
import { go } from '../../support/console-servers.ts'
import { addDisk, makeManyPoints, makeSource, makeYearOfRuns } from '../../support/console-state.ts'
import { soon } from '../../support/console-steps.ts'

const manyRuns = 3000
const manyPoints = 10_000

/** What a page costs: elements, and the memory of its scripts after a collection. */
async function costOf(page: Page): Promise<{ elements: number; heapMiB: number }> {
  const session = await page.context().newCDPSession(page)
  await session.send('HeapProfiler.collectGarbage')
  const { usedSize } = await session.send('Runtime.getHeapUsage')
  await session.detach()
  const elements = await page.evaluate<number>(`document.querySelectorAll('*').length`)
  return { elements, heapMiB: usedSize / 2 ** 20 }
}

/** Turns the wheel over a table until its last row is drawn. */
async function wheelToEnd(page: Page, label: string, rows: number): Promise<void> {
  const table = page.locator(`table[aria-label="${label}"]`)
  await table.locator('tbody tr[data-index]').first().hover()
  await expect
    .poll(async () => {
      await page.mouse.wheel(0, 40_000)
      const last = await table.locator('tbody tr[data-index]').last().getAttribute('data-index')
      return Number(last)
    }, soon)
    .toBe(rows - 1)
}

journeys('a laptop that has been in use for a year', await browserAvailable(), journey => {
  journey(
    `lists ${manyRuns} runs and ${manyPoints} restore points, and stays usable`,
    async desk => {
      const { page } = desk
      await go(page, 'Runs')
      const runs = page.locator('table[aria-label="Runs"]')
      await runs.locator('tbody tr[data-index]').first().waitFor()
      await expect.poll(() => page.locator('header').innerText(), soon).toContain('3,001 runs')
      const more = page.getByRole('button', { name: 'Load older runs' })
      await expect
        .poll(async () => {
          // It goes with the last of them.
          if (await more.isVisible()) await more.click({ timeout: 500 }).catch(() => {})
          return await runs.getAttribute('aria-rowcount')
        }, soon)
        .toBe(String(manyRuns + 2))
      await wheelToEnd(page, 'Runs', manyRuns + 1)
      expect((await costOf(page)).elements).toBeLessThan(3000)
      await page
        .getByRole('searchbox', { name: 'Find a run' })
        .or(page.getByLabel('Find a run'))
        .first()
        .fill('nothing like it')
      await page.getByText('No run is of this kind.').waitFor()

      await go(page, 'Backups')
      const points = page.locator('table[aria-label="Restore points"]')
      await points.locator('tbody tr[data-index]').first().waitFor({ timeout: 60_000 })
      await expect
        .poll(() => points.getAttribute('aria-rowcount'), { timeout: 60_000 })
        .toBe(String(manyPoints + 1))
      const atTop = await costOf(page)
      await points.locator('tbody tr[data-index="3"]').click()
      await page.keyboard.press('End')
      await points.locator(`tbody tr[data-index="${manyPoints - 1}"]`).waitFor()
      await page.keyboard.press('Home')
      await points.locator('tbody tr[data-index="0"]').waitFor()
      await wheelToEnd(page, 'Restore points', manyPoints)
      const atEnd = await costOf(page)
      expect(atEnd.elements).toBeLessThan(4000)
      expect(atEnd.heapMiB).toBeLessThan(Math.max(150, 2 * atTop.heapMiB))
    },
    {
      timeout: 240_000,
      before: async desk => {
        const source = await makeSource(desk, 'documents', 10_000)
        const disk = await addDisk(desk)
        const made = await desk.cli(['backup', source, '--name', 'docs', '--to', 'disk'])
        await makeManyPoints(disk, String(made.result()['point']), manyPoints)
        await makeYearOfRuns(desk, manyRuns)
      },
    },
  )
})
