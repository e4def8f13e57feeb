import { spawn } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { makeFolders } from '../../engine/state/make-folders.ts'

/** How long the file that leads the browser in stays, ms, when nobody comes. */
const staysMs = 60_000

type Env = Readonly<Record<string, string | undefined>>

/** Whether there is a desktop to open a browser on. */
export function hasDisplay(env: Env, platform: NodeJS.Platform = process.platform): boolean {
  if (platform === 'win32') return true
  // On the far end of ssh it would open on a screen that nobody looks at.
  if (platform === 'darwin') return env['SSH_CONNECTION'] === undefined
  return Boolean(env['DISPLAY'] || env['WAYLAND_DISPLAY'])
}

/**
 * Opens the system's browser. The token is never in an argument, which every user of the machine can read: the
 * browser gets a file that only this user can read, and that leads it on.
 * @returns takes the file away again
 */
export async function openBrowser(url: string, home: string): Promise<() => Promise<void>> {
  const folder = join(home, 'open')
  makeFolders(folder, 0o700)
  const file = join(folder, `console-${randomBytes(6).toString('hex')}.html`)
  await writeFile(file, redirectTo(url), { mode: 0o600, flag: 'wx' })
  const remove = () => rm(file, { force: true })
  setTimeout(() => void remove().catch(() => {}), staysMs).unref()
  const [command, ...args] = opener(pathToFileURL(file).href)
  const child = spawn(command, args, { stdio: 'ignore', detached: true })
  // No such program: the printed URL does the same.
  child.on('error', () => {})
  child.unref()
  return remove
}

export function opener(url: string, platform: NodeJS.Platform = process.platform): [string, ...string[]] {
  if (platform === 'darwin') return ['open', url]
  if (platform === 'win32') return ['rundll32', 'url.dll,FileProtocolHandler', url]
  return ['xdg-open', url]
}

/** The URL holds nothing but what we put there: letters, digits and the marks of a URL. */
const redirectTo = (url: string): string =>
  `<!doctype html><meta charset="utf-8"><meta name="referrer" content="no-referrer"><title>Drydock</title>` +
  `<meta http-equiv="refresh" content="0; url=${url}"><a href="${url}">Open the console</a>\n`
