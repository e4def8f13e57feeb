import { existsSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { _electron, type ElectronApplication } from 'playwright-core'
import { binaryIn } from '../../electron/headless/cli/desktop-app.ts'
import type { Drydock } from '../cli/support/drydock.ts'
import type { Ensured } from './servers/debian.ts'

const root = fileURLToPath(new URL('../..', import.meta.url))
const shell = fileURLToPath(new URL('../../out/electron/shell/main.js', import.meta.url))

/**
 * Whether the desktop app can be opened here: an Electron binary (nothing is downloaded for a test), a display, a user
 * whom Chromium's sandbox takes, and a build.
 */
export function desktopAvailable(): Ensured {
  const binary = binaryIn(root, process.env, process.platform)
  if (binary === null || !existsSync(binary)) return { ok: false, why: 'there is no Electron binary here' }
  if (process.platform === 'linux' && !process.env['DISPLAY'] && !process.env['WAYLAND_DISPLAY'])
    return { ok: false, why: 'there is no display here' }
  if (process.getuid?.() === 0) return { ok: false, why: 'the sandbox of the desktop app refuses root' }
  if (!existsSync(shell)) return { ok: false, why: 'the desktop app is not built' }
  return { ok: true }
}

/** The built desktop app as a process of its own, on the laptop of a test. Whoever opens it closes it. */
export function openDesktop(drydock: Drydock, env: Record<string, string>): Promise<ElectronApplication> {
  const { ELECTRON_RUN_AS_NODE: _, ...own } = process.env
  const given = Object.entries(own).flatMap(([name, value]) => (value === undefined ? [] : [[name, value]]))
  return _electron.launch({
    executablePath: binaryIn(root, process.env, process.platform) ?? '',
    // As `npm start` opens it, in a profile of its own: another Drydock on this machine would be brought to the front.
    args: [shell, `--user-data-dir=${drydock.path('desktop-profile')}`],
    cwd: drydock.folder,
    env: {
      ...(Object.fromEntries(given) as Record<string, string>),
      HOME: drydock.folder,
      DRYDOCK_HOME: drydock.home,
      ...env,
    },
    chromiumSandbox: true,
    colorScheme: 'light',
    locale: 'en-GB',
    timezoneId: 'Europe/Berlin',
  })
}
