import { existsSync, readdirSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { chromium, type Browser } from 'playwright-core'
import { ensureDebianPackages, type Ensured } from './servers/debian.ts'
import { browserPackages } from './servers/packages.ts'

const root = fileURLToPath(new URL('../..', import.meta.url))

/** Pictures of every page, and what is kept of a journey that failed. Git ignores it. */
export const artefacts = join(root, 'out', 'journeys')

const wellKnown = [
  '/usr/bin/chromium',
  '/usr/bin/chromium-browser',
  '/usr/bin/google-chrome',
  '/Applications/Google Chrome.app/Contents/MacOS/Google Chrome',
  '/Applications/Chromium.app/Contents/MacOS/Chromium',
]
const found = (): string | undefined => wellKnown.find(file => existsSync(file))

/** Whether journeys can be made here: a browser (installed on Debian as root), and pages that are built. */
export async function browserAvailable(): Promise<Ensured> {
  if (found() === undefined) {
    const ensured = await ensureDebianPackages(browserPackages)
    if (!ensured.ok) return { ok: false, why: `no Chromium or Chrome: ${ensured.why}` }
  }
  if (found() === undefined) return { ok: false, why: 'no Chromium or Chrome in a well-known place' }
  tellWhenStale()
  return { ok: true }
}

/** Nothing of it leaves the machine: no updates, no reports, no proxy of whoever runs the tests. */
export function launchBrowser(args: readonly string[] = []): Promise<Browser> {
  return chromium.launch({
    executablePath: found() ?? '',
    args: [
      ...['--disable-gpu', '--disable-quic', '--no-first-run', '--disable-background-networking'],
      ...['--disable-component-update', '--disable-sync', '--no-proxy-server'],
      // Debian's Chromium refuses its sandbox to root.
      ...(process.getuid?.() === 0 ? ['--no-sandbox'] : []),
      ...args,
    ],
  })
}

/** The first of `available` that is not there; fine when all are. */
export async function needs(...available: (() => Promise<Ensured>)[]): Promise<Ensured> {
  for (const look of available) {
    const ensured = await look()
    if (!ensured.ok) return ensured
  }
  return { ok: true }
}

/** Journeys are made with what is built, which `npm test` does first. Run alone, they may meet an old build. */
function tellWhenStale(): void {
  const pages = builtAt('out/renderer/index.html')
  const engine = builtAt('out/.tsbuildinfo')
  if (pages === 0 || engine === 0)
    throw new Error('the console is not built: run `node build/bootstrap.mjs` first')
  const old = [
    newest('shared') > Math.min(pages, engine) && 'shared',
    newest('electron') > engine && 'electron',
    newest('renderer') > pages && 'renderer',
  ].filter(part => part !== false)
  if (old.length > 0)
    process.stderr.write(
      `drydock: journeys use a build older than ${old.join(', ')}: \`node build/bootstrap.mjs\`\n`,
    )
}

const builtAt = (name: string): number => statSync(join(root, name), { throwIfNoEntry: false })?.mtimeMs ?? 0

function newest(folder: string): number {
  let last = 0
  for (const entry of readdirSync(join(root, folder), { withFileTypes: true })) {
    const name = join(folder, entry.name)
    if (entry.isDirectory()) last = Math.max(last, newest(name))
    else if (/\.(tsx?|css|html)$/.test(entry.name)) last = Math.max(last, statSync(join(root, name)).mtimeMs)
  }
  return last
}
