import { join } from 'node:path'
import type { Page } from 'playwright-core'
import { expect } from 'vitest'
import { browserAvailable } from '../../support/browser.ts'
import { journeys } from '../../support/console-journey.ts'
import { makeUsed } from '../../support/console-state.ts'
import { differences, runEnds, runOf, soon } from '../../support/console-steps.ts'

/** What has the focus: its role or tag, and its name as it is read out. */
const focused = (page: Page) =>
  page.evaluate<{ tag: string; text: string; region: string; ring: boolean }>(`(() => {
    const at = document.activeElement
    const style = getComputedStyle(at)
    const near = at.closest('label, [data-at]') ?? at
    const drawn = [at, at.nextElementSibling, at.parentElement, near].filter(Boolean).map(one => getComputedStyle(one))
    return {
      tag: at.tagName.toLowerCase(),
      text: (at.getAttribute('aria-label') ?? (at.labels?.[0] ?? at).innerText ?? '').trim(),
      region: at.closest('[data-region]')?.dataset.region ?? '',
      ring: drawn.some(({ outlineStyle, outlineWidth, boxShadow }) =>
        (outlineStyle !== 'none' && parseFloat(outlineWidth) >= 2) || boxShadow !== 'none'),
    }
  })()`)

/** Presses Tab until what has the focus is called so; each stop on the way must show that it has it. */
async function tabTo(page: Page, name: RegExp, key = 'Tab'): Promise<void> {
  const stops: string[] = []
  for (let presses = 0; presses < 80; presses++) {
    await page.keyboard.press(key)
    const at = await focused(page)
    stops.push(at.text.replace(/\s+/g, ' ').slice(0, 60))
    // The end of the page: the browser's own controls come next.
    if (at.tag === 'body') continue
    expect(at.ring, `focus is visible on ${at.tag} "${at.text}"`).toBe(true)
    if (name.test(at.text)) return
  }
  throw new Error(`${name} is not reached by ${key}; there are: ${stops.join(' | ')}`)
}

journeys('without a mouse', await browserAvailable(), journey => {
  journey('goes through regions, search, pages and the list of keys', async ({ page }) => {
    const regions: string[] = []
    // Pressed again until it is heard: a page that is still loading listens to no key yet.
    const servers = async () => {
      await page.keyboard.press('g')
      await page.keyboard.press('s')
      return (await focused(page)).text
    }
    await expect.poll(servers, soon).toBe('Servers')
    for (let presses = 0; presses < 4; presses++) {
      await page.keyboard.press('F6')
      regions.push((await focused(page)).region)
    }
    expect(regions.toSorted()).toEqual(['body', 'header', 'rail', 'status'])
    await page.keyboard.press('Shift+F6')
    expect((await focused(page)).region).toBe(regions[2])

    await page.keyboard.press('?')
    const keys = page.getByRole('dialog', { name: 'Keys' })
    await keys.waitFor()
    await page.keyboard.press('Escape')
    await keys.waitFor({ state: 'detached' })
    await page.keyboard.press('g')
    await page.keyboard.press('u')
    await expect.poll(() => page.title(), soon).toMatch('Runs')
  })

  journey('finds, restores and reads the report; Escape does no harm', async desk => {
    const { page } = desk
    const { source } = await makeUsed(desk)
    const into = desk.drydock.path('by keyboard')
    const primary = async () => {
      await page.locator('[data-page-primary]:not([aria-disabled], [aria-busy])').waitFor()
      await page.keyboard.press('Control+Enter')
    }
    const asked = (question: string) => page.getByRole('heading', { name: question }).waitFor()

    await page.keyboard.press('g')
    await page.keyboard.press('b')
    await expect.poll(() => page.title(), soon).toMatch('Backups')
    await page.keyboard.press('/')
    expect((await focused(page)).text).toMatch(/Find a file/)
    await page.keyboard.type('north quay')
    await page.keyboard.press('Enter')
    await page.getByText('north quay.txt').first().waitFor()
    await page.keyboard.press('Escape')

    await page.locator('[data-page-title]').focus()
    await page.keyboard.press('g')
    await page.keyboard.press('r')
    await asked('What do you want back?')
    await tabTo(page, /Documents/)
    await page.keyboard.press('Space')
    await primary()
    await asked('Where should the backup come from?')
    await tabTo(page, /^(disk|vault-room)\s/)
    await page.keyboard.press('Space')
    await primary()
    await asked('Which moment do you want back?')
    await primary()
    await asked('Where should it go?')
    await tabTo(page, /Into a folder of its own/)
    await page.keyboard.press('Space')
    await tabTo(page, /^Folder$/)
    await page.keyboard.press('Control+a')
    await page.keyboard.type(into)
    await primary()
    await page.getByText(/^GO$/).first().waitFor({ timeout: 40_000 })
    await primary()

    // The harmless answer has the focus, and neither Enter in the field nor Ctrl+Enter presses the red button.
    await expect.poll(async () => (await focused(page)).text, soon).toBe('Back, change nothing')
    await tabTo(page, /^To go on, type/, 'Shift+Tab')
    await page.keyboard.type('by keyboard')
    await page.keyboard.press('Enter')
    await page.keyboard.press('Control+Enter')
    expect(page.url()).toContain('/restore/confirm')
    await tabTo(page, /^Restore into/)
    await page.keyboard.press('Enter')
    await page.waitForURL(/#\/runs\/[\w-]+/)
    expect(await runEnds(page, runOf(page))).toBe('Restored')
    expect(await differences(source, join(into, 'documents'))).toBe('')
    await primary()
    await expect.poll(() => page.url(), soon).toContain('#/proofs/')

    // List and inspector: arrows choose, Enter opens.
    await page.locator('[data-page-title]').focus()
    await page.keyboard.press('g')
    await page.keyboard.press('u')
    const inspected = page.locator('[data-inspector-title]')
    await expect.poll(() => inspected.innerText(), soon).toBe('Restore of docs')
    // Runs of another process are told a little later: rows move until then.
    await page.getByText('Backup of shop').first().waitFor()
    await tabTo(page, /^Restore of docs/)
    await page.keyboard.press('ArrowDown')
    await expect.poll(() => inspected.innerText(), soon).toBe('Backup of shop')
    await page.getByText('the command ended with status 3').first().waitFor()
    await page.reload()
    await expect.poll(() => inspected.innerText(), soon).toBe('Backup of shop')
    await tabTo(page, /^Backup of shop/)
    await page.keyboard.press('Enter')
    await page.waitForURL(/#\/runs\/[\w-]+$/)

    await page.goto(`${desk.origin}/#/plans/notes`)
    await page.getByRole('heading', { name: 'notes', exact: true }).waitFor()
    await tabTo(page, /^More$|More for notes/)
    await page.keyboard.press('Enter')
    await expect.poll(async () => (await focused(page)).text, soon).toBe('See its restore points')
    await page.keyboard.press('End')
    await expect.poll(async () => (await focused(page)).text, soon).toBe('Delete plan')
    await page.keyboard.press('Enter')
    await page.getByRole('alertdialog').waitFor()
    expect((await focused(page)).text).toBe('Keep it')
    await page.keyboard.press('Escape')
    await page.getByRole('alertdialog').waitFor({ state: 'detached' })
    const plans = (await desk.cli(['plan', 'list'])).events().filter(({ event }) => event === 'plan')
    expect(plans.map(({ name }) => name)).toContain('notes')
  })
})
