import { spawn } from 'node:child_process'
import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import type { Env } from '../../engine/state/state-folder.ts'

/** The binary does not come from the package registry. One attempt to download it may take this long, ms. */
const patience = 90_000
/** A failed attempt is not repeated before, ms: on a network without it every start would wait. */
const memory = 24 * 60 * 60 * 1000

type Surroundings = {
  /** Folder of the checkout. */
  root: string
  env: Env
  platform: NodeJS.Platform
  say: (text: string) => void
  /** Answers null when the binary is there, else why it could not be had. */
  install?: (limitMs: number) => Promise<string | null>
  /** Wall clock in ms. */
  now?: () => number
}

/** The Electron binary of this checkout, downloaded when it is missing; or why not, as part of a sentence. */
export async function findElectron(at: Surroundings): Promise<{ path: string } | { reason: string }> {
  const { root, env, platform, say, now = Date.now, install = limitMs => download(root, limitMs) } = at
  if (platform === 'linux' && !env['DISPLAY'] && !env['WAYLAND_DISPLAY'])
    return { reason: 'there is no display here' }
  const found = binaryIn(root, env, platform)
  if (found) return { path: found }
  const remembered = join(root, 'out', '.electron-attempt')
  const last = readAttempt(remembered)
  // A clock that went back makes the memory worthless.
  if (last && now() >= last.at && now() - last.at < memory)
    return {
      reason: `the desktop app’s binary could not be had (${last.why}; delete out/.electron-attempt to try again)`,
    }
  say('getting the desktop app’s binary (once; at most a minute and a half)')
  const why = await install(patience)
  const path = why === null ? binaryIn(root, env, platform) : null
  if (path) {
    rmSync(remembered, { force: true })
    return { path }
  }
  const reason = (why ?? 'it is not where it should be').split('\n')[0]!.slice(0, 200)
  mkdirSync(dirname(remembered), { recursive: true })
  writeFileSync(remembered, JSON.stringify({ at: now(), why: reason }))
  return { reason: `the desktop app’s binary could not be had (${reason})` }
}

/** Starts the desktop app. @returns its end, and how to ask for it; null when it cannot run here, which was said */
export async function openDesktop(
  at: Surroundings,
): Promise<{ ended: Promise<number>; stop(): void } | null> {
  const electron = await findElectron(at)
  if ('reason' in electron) {
    at.say(`${electron.reason}; the console opens in the browser instead`)
    return null
  }
  const child = spawn(electron.path, [join(at.root, 'out', 'electron', 'shell', 'main.js')], {
    stdio: 'inherit',
    env: at.env,
  })
  const ended = new Promise<number>((resolve, reject) => {
    child.on('error', reject)
    child.on('exit', code => resolve(code ?? 130))
  })
  return { ended, stop: () => void child.kill('SIGTERM') }
}

/** Where the binary of this checkout lies; null when there is none. That another place was named is believed. */
export function binaryIn(root: string, env: Env, platform: NodeJS.Platform): string | null {
  const elsewhere = env['ELECTRON_OVERRIDE_DIST_PATH']
  if (elsewhere) return join(elsewhere, platform === 'win32' ? 'electron.exe' : 'electron')
  const electron = join(root, 'node_modules', 'electron')
  try {
    const path = join(electron, 'dist', readFileSync(join(electron, 'path.txt'), 'utf8'))
    return existsSync(path) ? path : null
  } catch {
    // Its installer has never succeeded.
    return null
  }
}

function readAttempt(file: string): { at: number; why: string } | null {
  try {
    const { at, why } = JSON.parse(readFileSync(file, 'utf8')) as { at?: unknown; why?: unknown }
    return typeof at === 'number' && typeof why === 'string' ? { at, why } : null
  } catch {
    // None was made, or its note is worthless: then one more attempt is due.
    return null
  }
}

/** Runs Electron's own installer, which checks what it downloads against the hashes in its package. */
async function download(root: string, limitMs: number): Promise<string | null> {
  const child = spawn(process.execPath, [join(root, 'node_modules', 'electron', 'install.js')], {
    stdio: ['ignore', 'ignore', 'pipe'],
    timeout: limitMs,
    killSignal: 'SIGKILL',
  })
  let said = ''
  child.stderr.setEncoding('utf8')
  const ended = new Promise<string | null>(resolve => {
    child.on('error', err => resolve(err.message))
    child.on('close', (code, signal) => {
      if (signal === 'SIGKILL') resolve(`no answer within ${limitMs / 1000} s`)
      else resolve(code === 0 ? null : reasonIn(said))
    })
  })
  for await (const piece of child.stderr as AsyncIterable<string>) said = (said + piece).slice(0, 4000)
  return await ended
}

/** The error's own line, without the stack of the installer. */
function reasonIn(text: string): string {
  const lines = text.split('\n').map(line => line.trim())
  return lines.find(line => /error|failed|refused|not found/i.test(line)) ?? 'the download failed'
}
