import { mkdir, readFile, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { Browser, BrowserContext, ElectronApplication, Page } from 'playwright-core'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { builtProgram, Drydock } from '../cli/support/drydock.ts'
import type { Ended, RunOptions, Started } from '../cli/support/drydock.ts'
import { artefacts, launchBrowser } from './browser.ts'
import { openConsole } from './open-console.ts'
import { openDesktop } from './open-desktop.ts'
import type { Ensured } from './servers/debian.ts'
import { suiteNeeds } from './skip.ts'

export type JourneyOptions = {
  /** `passphrase` is open, through a file; `none` has to be made in the page. Default `passphrase`. */
  vault?: 'passphrase' | 'memory' | 'none'
  viewport?: { width: number; height: number }
  theme?: 'light' | 'dark'
  /** Done with the laptop before the console is started. */
  before?: (desk: Desk) => Promise<void>
  timeout?: number
}

/** Registers one journey: a laptop that knows nothing, a console on it, one window logged in. */
export type Journey = (name: string, walk: (desk: Desk) => Promise<void>, options?: JourneyOptions) => void

/** Where the pages are shown: in a browser that asks a console server, or in the desktop app's own window. */
export type Shown = 'browser' | 'desktop'

/**
 * A suite of journeys in one browser. Each has a state folder, a console and a browser profile of its own, and fails
 * when a page said an error or a violation of its policy that was not `expected`. What a failed one looked like is
 * kept under `out/journeys/failed`.
 */
export function journeys(
  name: string,
  available: Ensured,
  suite: (journey: Journey) => void,
  shown: Shown = 'browser',
): void {
  suiteNeeds(name, available, () => {
    let browser: Browser | null = null
    beforeAll(async () => {
      if (shown === 'browser') browser = await launchBrowser()
    })
    afterAll(() => browser?.close())
    suite((title, walk, options = {}) => {
      it(title, () => travel(browser, `${name} ${title}`, walk, options), options.timeout ?? 120_000)
    })
  })
}

async function travel(
  browser: Browser | null,
  name: string,
  walk: (desk: Desk) => Promise<void>,
  options: JourneyOptions,
): Promise<void> {
  const desk = await Desk.set(browser, options)
  const kept = join(
    artefacts,
    'failed',
    name
      .toLowerCase()
      .replace(/[^a-z0-9]+/g, '-')
      .slice(0, 120),
  )
  try {
    await options.before?.(desk)
    await (browser ? desk.openConsole() : desk.openDesktop())
    await walk(desk)
    expect(desk.trouble, 'said by the pages').toEqual([])
    await rm(kept, { recursive: true, force: true })
  } catch (err) {
    await desk.keep(kept).catch(() => {})
    throw err
  } finally {
    await desk.close()
  }
}

/** Everything one journey uses. */
export class Desk {
  readonly drydock: Drydock
  readonly env: Record<string, string>
  /** Errors and violations of the pages so far. */
  readonly trouble: string[] = []
  /** Everything the pages wrote to their console. */
  readonly said: string[] = []
  readonly #expected: RegExp[] = []
  #context: BrowserContext | null
  #console: { url: string; process: Started } | null = null
  #desktop: ElectronApplication | null = null
  #page: Page | null = null

  private constructor(drydock: Drydock, context: BrowserContext | null, env: Record<string, string>) {
    this.drydock = drydock
    this.#context = context
    this.env = env
    context?.on('page', page => this.#watch(page))
  }

  /** @param browser null: the desktop app brings its own, once it is open */
  static async set(browser: Browser | null, options: JourneyOptions): Promise<Desk> {
    const drydock = await Drydock.fresh(builtProgram)
    await mkdir(drydock.home, { recursive: true, mode: 0o700 })
    const file = drydock.path('vault-passphrase')
    await writeFile(file, 'only for this test\n', { mode: 0o600 })
    const tier = options.vault === 'memory' ? 'memory' : 'passphrase'
    const env: Record<string, string> = {
      DRYDOCK_VAULT: tier,
      ...(options.vault !== 'none' && { DRYDOCK_VAULT_PASSPHRASE_FILE: file }),
    }
    if (!browser) return new Desk(drydock, null, env)
    const context = await browser.newContext({
      viewport: options.viewport ?? { width: 1366, height: 768 },
      colorScheme: options.theme ?? 'light',
      reducedMotion: 'reduce',
      locale: 'en-GB',
      timezoneId: 'Europe/Berlin',
    })
    context.setDefaultTimeout(20_000)
    return new Desk(drydock, context, env)
  }

  get context(): BrowserContext {
    if (!this.#context) throw new Error('no window was opened')
    return this.#context
  }

  /** The first window. */
  get page(): Page {
    if (!this.#page) throw new Error('no window is open')
    return this.#page
  }

  get console(): { url: string; process: Started } {
    if (!this.#console) throw new Error('no console runs')
    return this.#console
  }

  get origin(): string {
    return new URL(this.console.url).origin
  }

  /** Starts the console and opens the address it prints in a new window, which becomes `page`. */
  async openConsole(): Promise<Page> {
    this.#console = await openConsole(this.drydock, this.env)
    this.#page = await this.context.newPage()
    await this.#page.goto(this.console.url)
    await this.#page.getByRole('contentinfo', { name: 'Status' }).waitFor()
    return this.#page
  }

  /** Starts the desktop app; its window becomes `page`. */
  async openDesktop(): Promise<Page> {
    this.#desktop = await openDesktop(this.drydock, this.env)
    this.#context = this.#desktop.context()
    this.#context.setDefaultTimeout(20_000)
    this.#page = await this.#desktop.firstWindow()
    this.#watch(this.#page)
    await this.#page.getByRole('contentinfo', { name: 'Status' }).waitFor()
    return this.#page
  }

  /** Closes every window, and the desktop app with its engine. */
  async close(): Promise<void> {
    if (this.#desktop) await this.#desktop.close()
    else await this.#context?.close()
  }

  async stopConsole(signal: 'SIGTERM' | 'SIGKILL' = 'SIGTERM'): Promise<Ended> {
    const { process: started } = this.console
    started.child.kill(signal)
    const ended = await started.ended
    this.#console = null
    return ended
  }

  /** Another window of the same browser, at `hash`. */
  async window(hash = '#/overview'): Promise<Page> {
    const page = await this.context.newPage()
    await page.goto(`${this.origin}/${hash}`)
    return page
  }

  /** Takes errors that belong to the journey out of what makes it fail, past ones too. */
  expected(pattern: RegExp): void {
    this.#expected.push(pattern)
    for (let at = this.trouble.length - 1; at >= 0; at--)
      if (pattern.test(this.trouble[at] ?? '')) this.trouble.splice(at, 1)
  }

  /** The command line on the same laptop, in another process. Its last event, with all of them. */
  cli(args: readonly string[], exit = 0, options: RunOptions = {}): Promise<Ended> {
    return this.drydock.json(args, exit, { ...options, env: { ...this.env, ...options.env } })
  }

  /** Keeps how every window looks, its page, and what was said. */
  async keep(folder: string): Promise<void> {
    await rm(folder, { recursive: true, force: true })
    await mkdir(folder, { recursive: true })
    for (const [index, page] of this.context.pages().entries()) {
      const at = join(folder, `window-${index + 1}`)
      await page.screenshot({ path: `${at}.png` }).catch(() => {})
      await writeFile(`${at}.html`, `<!-- ${page.url()} -->\n${await page.content().catch(() => '')}`)
      const tree = await page
        .locator('body')
        .ariaSnapshot()
        .catch(() => '')
      await writeFile(`${at}.txt`, tree)
    }
    await writeFile(join(folder, 'said.txt'), [...this.said, ''].join('\n'))
    const log = await readFile(join(this.drydock.home, 'logs', 'console.log'), 'utf8').catch(() => '')
    await writeFile(join(folder, 'engine.txt'), log)
  }

  #watch(page: Page): void {
    const bad = (text: string) => {
      this.said.push(text)
      if (!this.#expected.some(pattern => pattern.test(text))) this.trouble.push(text)
    }
    page.on('console', message => {
      const text = `${message.type()}: ${message.text()} (${message.location().url})`
      if (message.type() === 'error' || /Content Security Policy|Trusted ?Type/i.test(text)) bad(text)
      else this.said.push(text)
    })
    page.on('pageerror', error => bad(`uncaught: ${error.message}`))
    page.on('crash', () => bad('the page crashed'))
  }
}
