import { mkdir, readFile } from 'node:fs/promises'
import { createRequire } from 'node:module'
import { join } from 'node:path'
import type { AxeResults } from 'axe-core'
import type { BrowserContext, Page } from 'playwright-core'
import { artefacts } from './browser.ts'

/** Makes axe there for `findings` on every page of the context that is loaded from now on. */
export async function bringAxe(context: BrowserContext): Promise<void> {
  const source = await readFile(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8')
  await context.addInitScript({ content: source })
}

/** What is wrong for people who use a keyboard, a screen reader or little contrast: serious and critical findings. */
export async function findings(page: Page): Promise<string[]> {
  const { violations } = await page.evaluate<AxeResults>(`axe.run(document, { resultTypes: ['violations'] })`)
  return violations
    .filter(({ impact }) => impact === 'serious' || impact === 'critical')
    .flatMap(({ id, nodes }) =>
      nodes.map(
        ({ html, any }) => `${id}: ${html.slice(0, 200)} ${any.map(({ message }) => message).join(' ')}`,
      ),
    )
}

export const themes = ['light', 'dark'] as const
export const sizes = [
  { width: 1366, height: 768 },
  { width: 1440, height: 900 },
] as const

/**
 * Looks at a page in both themes and sizes: keeps a picture of each, and tells what is wrong: axe's findings, and a page that
 * scrolls sideways.
 */
export async function lookAt(page: Page, group: string, name: string): Promise<string[]> {
  await mkdir(join(artefacts, group), { recursive: true })
  const wrong: string[] = []
  for (const theme of themes) {
    await page.emulateMedia({ colorScheme: theme, reducedMotion: 'reduce' })
    for (const size of sizes) {
      await page.setViewportSize(size)
      const path = join(artefacts, group, `${name}.${theme}.${size.width}.png`)
      await page.screenshot({ path, animations: 'disabled' })
      const wide = await page.evaluate<number>(
        'document.documentElement.scrollWidth - document.documentElement.clientWidth',
      )
      if (wide > 0) wrong.push(`${name} scrolls sideways by ${wide} px at ${size.width}`)
      if (size === sizes[0])
        wrong.push(...(await findings(page)).map(finding => `${name}, ${theme}: ${finding}`))
    }
  }
  await page.setViewportSize(sizes[0])
  await page.emulateMedia({ colorScheme: 'light', reducedMotion: 'reduce' })
  return wrong
}
