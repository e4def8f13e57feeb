import { homedir } from 'node:os'
import { isAbsolute, join, resolve } from 'node:path'

export type Env = Readonly<Record<string, string | undefined>>

/** The folder the caller stands in. npm changes to the project's folder and leaves the caller's in `INIT_CWD`. */
export function callersFolder(env: Env): string {
  const { INIT_CWD: npm } = env
  return npm && isAbsolute(npm) ? npm : process.cwd()
}

/** The state folder: `DRYDOCK_HOME`, or the platform's place. Absolute; nothing is made here. */
export function stateFolder(
  env: Env,
  platform: NodeJS.Platform = process.platform,
  userHome = homedir(),
): string {
  if (env['DRYDOCK_HOME']) return resolve(callersFolder(env), env['DRYDOCK_HOME'])
  if (platform === 'darwin') return join(userHome, 'Library', 'Application Support', 'Drydock')
  if (platform === 'win32') return join(env['LOCALAPPDATA'] || join(userHome, 'AppData', 'Local'), 'Drydock')
  const xdg = env['XDG_STATE_HOME']
  // The XDG specification has relative paths ignored.
  return join(xdg && isAbsolute(xdg) ? xdg : join(userHome, '.local', 'state'), 'drydock')
}
