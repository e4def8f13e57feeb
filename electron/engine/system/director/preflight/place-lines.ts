import { EngineError } from '../../../engine-error.ts'
import type { Host } from '../host/host.ts'
import type { Board } from './board.ts'
import { inTime, notTried, pass, stop, warn, wordsOf } from './board.ts'
import type { DirectorPreflightDeps } from './deps.ts'
import type { PlaceFacts } from './place-facts.ts'
import { placeFacts } from './place-facts.ts'

const titles = {
  host: 'Deployment host',
  tools: 'Programs there',
  lock: 'Nobody else works there',
} as const

/** Opens the deployment host. @returns null when it cannot be had; its line says why */
export async function openPlace(
  deps: Pick<DirectorPreflightDeps, 'deployment' | 'openHost'>,
  board: Board,
  signal: AbortSignal,
): Promise<Host | null> {
  const since = performance.now()
  const { place } = deps.deployment
  try {
    if (place.kind === 'local' && process.platform === 'win32')
      throw new NoShell('Windows cannot run setup.sh.')
    const opening = deps.openHost()
    opening.then(
      host => {
        if (signal.aborted) void host.close()
      },
      () => {},
    )
    const host = await inTime(opening, signal)
    board.add(since, pass('host', titles.host, `${host.local ? 'This machine' : host.about} answers.`))
    return host
  } catch (err) {
    const said = err instanceof NoShell ? err.message : wordsOf(err)
    board.add(since, stop('host', titles.host, said, fixOf(err)))
    return null
  }
}

class NoShell extends Error {}

/** For a person at a page and at a terminal alike: neither has the other's words. */
function fixOf(err: unknown): string {
  if (err instanceof NoShell) return 'Use a deployment folder on a Linux host, over ssh.'
  const code = err instanceof EngineError ? err.code : 'internal'
  if (code === 'trust.host-key-unknown')
    return 'Compare the fingerprint with what its administrator tells you. Only when it is the same, trust the key and check again.'
  if (code === 'trust.host-key-changed')
    return 'Do not go on: somebody may be in between. Compare the key with what its administrator tells you. Only when the change is real, give the new fingerprint as the host key of this deployment, and check again.'
  if (code === 'trust.host-key-revoked')
    return 'Do not go on. Ask its administrator for a host with a good key.'
  if (code.startsWith('auth.vault-')) return 'Unlock the vault, then check again.'
  if (code.startsWith('auth.')) return 'Change its password or key, then check again.'
  return 'See that the host is up, and that its address, user and key are right in the deployment’s settings.'
}

/** What runs and is locked in the folder. */
export async function checkPlace(
  host: Host,
  folder: string,
  board: Board,
  signal: AbortSignal,
): Promise<PlaceFacts | null> {
  const since = performance.now()
  try {
    const facts = await inTime(placeFacts(host, folder, signal), signal)
    toolLine(facts, board, since)
    lockLine(facts, board, since)
    return facts
  } catch (err) {
    board.add(since, notTried('tools', titles.tools, wordsOf(err)))
    board.add(since, notTried('lock', titles.lock, wordsOf(err)))
    return null
  }
}

function toolLine({ tools }: PlaceFacts, board: Board, since: number): void {
  const { tools: title } = titles
  if (!tools.has('python3'))
    return board.add(
      since,
      stop(
        'tools',
        title,
        'There is no python3: Ansible needs it, and so does what keeps the script running.',
        'Install python3 on the deployment host.',
      ),
    )
  if (!tools.has('ansible-playbook'))
    return board.add(
      since,
      warn(
        'tools',
        title,
        'sh and python3 are there; ansible-playbook is not.',
        'Install Ansible there, unless setup.sh does that itself.',
      ),
    )
  board.add(since, pass('tools', title, 'sh, python3 and ansible-playbook are there.'))
}

/** What a person can do with a shell alone. `setup.sh` leads the foreground of its terminal: Ctrl-C goes to its group. */
const whenLost =
  'When that laptop is lost: log in on this host; tail -f ~/.drydock/jobs/*/out.raw shows what the script says, and kill -INT -PGID, with the PGID of setup.sh from ps -eo pgid,args, is its Ctrl-C.'

function lockLine({ lock, running }: PlaceFacts, board: Board, since: number): void {
  const { lock: title } = titles
  const wait = `Wait until it has ended, or talk to whoever runs it: two at once destroy each other’s work. Only the Drydock that started it can attach to it. ${whenLost}`
  if (lock.is === 'held')
    return board.add(
      since,
      stop('lock', title, `${lock.who} has been at work there since ${lock.since}.`, wait),
    )
  if (running.length > 0)
    return board.add(
      since,
      stop('lock', title, `setup.sh runs there already (process ${running.join(', ')}).`, wait),
    )
  if (lock.is === 'unreadable')
    return board.add(
      since,
      stop(
        'lock',
        title,
        'A lock lies there that cannot be read: .drydock-lock.',
        'See whether anybody works there; remove the file when nobody does.',
      ),
    )
  if (lock.is === 'left-behind')
    return board.add(
      since,
      pass('lock', title, `Nobody does; the lock that ${lock.who} left behind at ${lock.since} is stale.`),
    )
  board.add(since, pass('lock', title, 'Nobody does.'))
}
