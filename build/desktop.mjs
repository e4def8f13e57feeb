// Opens the desktop app when its binary is there or can be had; says in one line why not otherwise.
import { spawn } from 'node:child_process'
import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'

/** The binary does not come from the package registry. One attempt to download it may take this long, ms. */
const patience = 90_000
/** A failed attempt is not repeated before, ms: on a network without it every start would wait. */
const memory = 24 * 60 * 60 * 1000

/**
 * The Electron binary of this checkout, downloaded when it is missing.
 * @param {{ root: string, env: Record<string, string | undefined>, platform: string, say: (text: string) => void,
 *   now?: () => number, install?: (limit: number) => Promise<string | null> }} at
 *   `install` answers null when it is there, else why it could not be had
 * @returns {Promise<{ path: string } | { reason: string }>} the reason is part of a sentence
 */
export async function findElectron({ root, env, platform, say, now = Date.now, install = download(root) }) {
  if (platform === 'linux' && !env.DISPLAY && !env.WAYLAND_DISPLAY)
    return { reason: 'there is no display here' }
  const electron = join(root, 'node_modules', 'electron')
  const there = () => {
    if (env.ELECTRON_OVERRIDE_DIST_PATH)
      return join(env.ELECTRON_OVERRIDE_DIST_PATH, platform === 'win32' ? 'electron.exe' : 'electron')
    const name = join(electron, 'path.txt')
    const path = existsSync(name) ? join(electron, 'dist', readFileSync(name, 'utf8')) : ''
    return path && existsSync(path) ? path : null
  }
  const found = there()
  if (found) return { path: found }
  const remembered = join(root, 'out', '.electron-attempt')
  const last = readAttempt(remembered)
  if (last && now() - last.at < memory && now() >= last.at)
    return {
      reason: `the desktop app’s binary could not be had (${last.why}; delete out/.electron-attempt to try again)`,
    }
  say('getting the desktop app’s binary (once; at most a minute and a half)')
  const why = await install(patience)
  const path = why === null ? there() : null
  if (path) {
    rmSync(remembered, { force: true })
    return { path }
  }
  const reason = (why ?? 'it is not where it should be').split('\n')[0].slice(0, 200)
  mkdirSync(dirname(remembered), { recursive: true })
  writeFileSync(remembered, JSON.stringify({ at: now(), why: reason }))
  return { reason: `the desktop app’s binary could not be had (${reason})` }
}

function readAttempt(file) {
  try {
    const { at, why } = JSON.parse(readFileSync(file, 'utf8'))
    return typeof at === 'number' && typeof why === 'string' ? { at, why } : null
  } catch {
    return null
  }
}

/** Electron's own installer, which checks what it downloads against the hashes in its package. */
function download(root) {
  return limit =>
    new Promise(resolve => {
      const child = spawn(process.execPath, [join(root, 'node_modules', 'electron', 'install.js')], {
        stdio: ['ignore', 'ignore', 'pipe'],
      })
      let said = ''
      let timedOut = false
      child.stderr.on('data', piece => (said = (said + piece).slice(0, 4000)))
      const timer = setTimeout(() => {
        timedOut = true
        child.kill('SIGKILL')
      }, limit)
      child.on('error', err => resolve(err.message))
      child.on('close', code => {
        clearTimeout(timer)
        if (timedOut) resolve(`no answer within ${limit / 1000} s`)
        else resolve(code === 0 ? null : reasonIn(said))
      })
    })
}

/** The error's own line, without the stack of the installer. */
const reasonIn = text =>
  text
    .split('\n')
    .map(line => line.trim())
    .find(line => /error|failed|refused|not found/i.test(line)) ?? 'the download failed'

/**
 * Starts the desktop app and waits for its end.
 * @returns {Promise<number | null>} its exit code; null when it cannot run here, which was said
 */
export async function openDesktop({ root, env, platform, say }) {
  const electron = await findElectron({ root, env, platform, say })
  if ('reason' in electron) {
    say(`${electron.reason}; opening the console in the browser instead`)
    return null
  }
  return await new Promise(resolve => {
    const child = spawn(electron.path, [join(root, 'out', 'electron', 'shell', 'main.js')], {
      stdio: 'inherit',
      env,
    })
    for (const signal of ['SIGINT', 'SIGTERM']) process.on(signal, () => child.kill(signal))
    child.on('error', err => {
      say(`the desktop app could not be started (${err.message}); opening the console in the browser instead`)
      resolve(null)
    })
    child.on('exit', code => resolve(code ?? 130))
  })
}
