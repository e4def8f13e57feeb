import { expect } from 'vitest'
import { browserAvailable } from '../../support/browser.ts'
import { journeys } from '../../support/console-journey.ts'
import { soon } from '../../support/console-steps.ts'

journeys('the console in a browser', await browserAvailable(), journey => {
  journey('opens by the address it prints, once, and takes the token out of the address', async desk => {
    const { page, console: server } = desk
    expect(page.url()).toBe(`${desk.origin}/#/overview`)
    const other = await desk.window()
    await other.getByRole('contentinfo', { name: 'Status' }).getByText('Nothing running').waitFor()

    const stranger = await page.context().browser()!.newContext()
    const theirs = await stranger.newPage()
    await theirs.goto(server.url)
    await theirs.getByText('This address was used before').waitFor()
    await stranger.close()
  })

  journey('goes to every page by its rail and by G and a letter', async ({ page }) => {
    const rail = page.getByRole('navigation', { name: 'Pages' })
    const pages = ['Overview', 'Restore', 'Backups', 'Plans', 'Servers', 'Runs', 'Proofs', 'Settings']
    for (const name of pages) {
      await rail.getByRole('link', { name }).click()
      await expect.poll(() => page.title(), soon).toMatch(name)
    }
    for (const [key, name] of ['o', 'r', 'b', 'p', 's', 'u', 'f', 'e'].map(
      (k, i) => [k, pages[i]!] as const,
    )) {
      await page.locator('[data-page-title]').focus()
      await page.keyboard.press('g')
      await page.keyboard.press(key)
      await expect.poll(() => page.title(), soon).toMatch(name)
    }
  })
})
