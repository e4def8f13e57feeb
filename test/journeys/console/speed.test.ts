import { performance } from 'node:perf_hooks'
import { expect } from 'vitest'
import { MiB } from '../../../shared/units.ts'
import { bundleSizes, tasksOf } from '../../bench/support/console.ts'
import { browserAvailable } from '../../support/browser.ts'
import { journeys } from '../../support/console-journey.ts'
import { go } from '../../support/console-servers.ts'
import { addDisk, makeSource } from '../../support/console-state.ts'
import { soon } from '../../support/console-steps.ts'

/** Bounds that a slow and busy machine holds; what is fast is measured by `npm run bench -- console`. */
journeys('how fast the console is', await browserAvailable(), journey => {
  journey('starts, shows its first page, and loads no more than it may', async desk => {
    expect(bundleSizes().code).toBeLessThan(400)
    await desk.page.close()
    await desk.stopConsole()
    const began = performance.now()
    const page = await desk.openConsole()
    await page.getByRole('contentinfo', { name: 'Status' }).getByText('Nothing running').waitFor()
    expect(performance.now() - began).toBeLessThan(15_000)
    const loaded = await page.evaluate<string[]>(
      `performance.getEntriesByType('resource').map(({ name }) => new URL(name).origin)`,
    )
    expect(new Set(loaded)).toEqual(new Set([desk.origin]))
  })

  journey('keeps the live page of a run calm: no long task, and numbers that can be read', async desk => {
    const { page } = desk
    const source = await makeSource(desk, 'documents', 96 * MiB)
    await addDisk(desk)
    await go(page, 'Runs')
    const args = ['backup', source, '--name', 'docs', '--to', 'disk', '--limit', '12MB', '--json']
    const started = desk.drydock.start(args, { env: desk.env })
    await page.getByRole('link', { name: /docs/ }).first().click()
    const bytes = page.getByRole('region', { name: 'Transfer' }).locator('p').first()
    await expect.poll(() => bytes.innerText(), soon).toMatch(/^[1-9].*MiB/)
    await page.evaluate(`(() => {
      const shown = document.querySelector('[aria-label="Transfer"] p')
      window.changes = 0
      let last = shown.innerText
      new MutationObserver(() => {
        if (shown.innerText !== last) window.changes++
        last = shown.innerText
      }).observe(shown, { subtree: true, childList: true, characterData: true })
    })()`)
    const from = performance.now()
    const tasks = await tasksOf(page, 3000)
    const changes = await page.evaluate<number>('window.changes')
    const seconds = (performance.now() - from) / 1000
    expect(tasks.length).toBeGreaterThan(10)
    expect(Math.max(...tasks)).toBeLessThan(500)
    expect(changes).toBeGreaterThan(0)
    expect(changes).toBeLessThanOrEqual(4 * seconds + 4)
    started.child.kill('SIGINT')
    await started.ended
  })
})
