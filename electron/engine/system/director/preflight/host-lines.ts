import type { MasterHost } from '../../../../../shared/contract/director.ts'
import type { Deployment } from '../../../../../shared/director.ts'
import { formatBytes } from '../../../../../shared/units.ts'
import { EngineError } from '../../../engine-error.ts'
import type { SshLogin } from '../../../ssh/ssh-target.ts'
import type { SshConnection } from '../../../ssh/ssh-connection.ts'
import type { Host } from '../host/host.ts'
import type { Board } from './board.ts'
import { inTime, notTried, pass, stop, warn, wordsOf } from './board.ts'
import type { DirectorPreflightDeps } from './deps.ts'
import type { HostFacts } from './host-facts.ts'
import { hostFacts, hostOver } from './host-facts.ts'
import { logIn, reach } from './reach.ts'

/** A host of `master.yml`, and what opens it. Never told to anybody. */
export type TargetHost = MasterHost & { password: string | null }

/** A host that was logged in to. The caller closes it. */
export type ReachedHost = {
  host: TargetHost
  remote: Host
  facts: HostFacts | null
  fingerprint: string
}

const GB = 1e9
/** Differences of clocks, ms: worth a look; and where servers refuse signed requests. */
const clockWarnMs = 60_000
const clockStopMs = 15 * 60_000
/** A key file is a few kilobytes. */
const keyBytes = 64 * 1024

export const hostLabel = ({ name, ip }: Pick<MasterHost, 'name' | 'ip'>): string => name || ip
export const addressOf = ({ ip, port }: Pick<MasterHost, 'ip' | 'port'>): string => `${ip}:${port}`

/** The key that a host of `master.yml` must show. The deployment host may be one of them: its key is known already. */
export function pinOf(
  { place, hostKeys }: Pick<Deployment, 'place' | 'hostKeys'>,
  host: Pick<MasterHost, 'ip' | 'port'>,
): string | undefined {
  const own = place.kind === 'ssh' && place.host === host.ip && place.port === host.port
  return hostKeys[addressOf(host)] ?? (own ? place.hostKey : undefined)
}

/**
 * Whether a host of `master.yml` answers, is who it says, lets the login in, and is fit for a restore.
 * @param options.need bytes of the five files
 * @param options.signed whether it will make signed requests, which a wrong clock spoils
 */
export async function checkHost(
  deps: DirectorPreflightDeps,
  from: Host,
  host: TargetHost,
  options: {
    board: Board
    signal: AbortSignal
    folder: string
    disks: readonly string[]
    need: number | null
    signed: boolean
  },
): Promise<ReachedHost | null> {
  const { board, signal } = options
  const lines = linesOf(host)
  const connection = await connect(deps, from, host, options)
  if (!connection) {
    const why = 'Not looked at: nobody could log in.'
    for (const id of ['login', 'clock', 'disk'] as const)
      board.add(performance.now(), notTried(lines[id].id, lines[id].title, why))
    return null
  }
  const since = performance.now()
  const remote = hostOver(connection)
  const fingerprint = connection.trusted.at(-1)?.key.fingerprint ?? ''
  try {
    const now = () => deps.clock.now()
    const facts = await inTime(hostFacts(remote, ['/', ...options.disks], { now, signal }), signal)
    clockLine(facts, lines.clock, options.signed, board, since)
    diskLine(facts, lines.disk, options.need, board, since)
    return { host, remote, facts, fingerprint }
  } catch (err) {
    if (err instanceof EngineError && err.code === 'local.command')
      // It lets us in, and gives no shell: nothing can be restored over such a login.
      board.add(
        since,
        stop(lines.disk.id, lines.disk.title, wordsOf(err), 'Use a user who has a shell there.'),
      )
    for (const { id, title } of [lines.clock, lines.disk]) board.add(since, notTried(id, title, wordsOf(err)))
    return { host, remote, facts: null, fingerprint }
  }
}

/** The key that a host shows, after it has let the login in. @throws EngineError as `SshConnection.open` */
export async function keyOf(
  deps: Pick<DirectorPreflightDeps, 'deployment' | 'ssh'>,
  from: Host,
  host: TargetHost,
  folder: string,
  signal: AbortSignal,
): Promise<string | null> {
  const connection = await logInTo(deps, from, host, await loginOf(from, host, folder, signal), signal)
  connection.close()
  return connection.trusted.at(-1)?.key.fingerprint ?? null
}

function logInTo(
  deps: Pick<DirectorPreflightDeps, 'deployment' | 'ssh'>,
  from: Host,
  host: TargetHost,
  login: SshLogin,
  signal: AbortSignal,
): Promise<SshConnection> {
  const { ip, port, user } = host
  const to = { host: ip, port, user, hostKey: pinOf(deps.deployment, host) }
  // The agent of whoever sits here is no way in for the script.
  const context = { ...deps.ssh, env: { ...deps.ssh.env, SSH_AUTH_SOCK: undefined } }
  return logIn(from, to, { login, context, signal })
}

/** Id and title of each line about a host. */
export const linesOf = (host: Pick<TargetHost, 'name' | 'ip' | 'port'>) => {
  const line = (kind: string, title: string) => ({
    id: `${kind}:${addressOf(host)}`.slice(0, 80),
    title: `${hostLabel(host)}: ${title}`,
  })
  return {
    ssh: line('ssh', 'ssh answers'),
    key: line('key', 'host key'),
    login: line('login', 'login'),
    clock: line('clock', 'clock'),
    disk: line('disk', 'free disk space'),
  }
}

/** Logs in, with its lines about ssh, key and login. The caller closes the connection. @returns null: a line says why */
export async function connect(
  deps: Pick<DirectorPreflightDeps, 'deployment' | 'ssh'>,
  from: Host,
  host: TargetHost,
  { board, signal, folder }: { board: Board; signal: AbortSignal; folder: string },
): Promise<SshConnection | null> {
  const lines = linesOf(host)
  const address = addressOf(host)
  const since = performance.now()
  let unusable = false
  try {
    // First alone: the key file may hang on a dead mount, and that is not the host's fault.
    const stream = await reach(from, host.ip, host.port, signal)
    stream.on('error', () => {})
    stream.destroy()
    const login = await loginOf(from, host, folder, signal).catch((err: unknown) => {
      unusable = true
      throw err instanceof EngineError
        ? err
        : new EngineError('internal', 'director.preflight', { cause: err })
    })
    const connection = await logInTo(deps, from, host, login, signal)
    const trusted = connection.trusted.at(-1)
    sshLine(host, from, board, since)
    board.add(
      since,
      pass(
        lines.key.id,
        lines.key.title,
        `${trusted?.by === 'pin' ? 'The pinned one' : 'Known'}: ${trusted?.key.type} ${trusted?.key.fingerprint}.`,
      ),
    )
    board.add(since, pass(lines.login.id, lines.login.title, `${host.user} is let in with ${how(host)}.`))
    return connection
  } catch (err) {
    const code = err instanceof EngineError ? err.code : 'internal'
    if (code.startsWith('trust.')) {
      sshLine(host, from, board, since)
      keyLine(host, err as EngineError, board, since)
    } else if (unusable || code === 'auth.rejected' || code === 'input.invalid' || isSecret(code)) {
      sshLine(host, from, board, since)
      if (code === 'auth.rejected')
        board.add(since, pass(lines.key.id, lines.key.title, 'The one that is known.'))
      loginLine(host, err as EngineError, board, since)
    } else
      board.add(
        since,
        stop(
          lines.ssh.id,
          lines.ssh.title,
          `${address}, seen from ${from.about}: ${wordsOf(err)}`,
          'See that the host is up, that ip and port in master.yml are right, and that no firewall stands between.',
        ),
      )
    board.add(since, notTried(lines.key.id, lines.key.title, 'Not looked at: it did not come to that.'))
    return null
  }
}

const isSecret = (code: string): boolean => code === 'auth.secret-missing' || code === 'auth.passphrase'

const how = ({ auth, pem }: TargetHost): string =>
  auth === 'pem' ? `the key ${pem ?? ''}`.trim() : auth === 'both' ? 'its key or password' : 'its password'

function sshLine(host: TargetHost, from: Host, board: Board, since: number): void {
  const { ssh } = linesOf(host)
  board.add(since, pass(ssh.id, ssh.title, `Port ${host.port} answers, seen from ${from.about}.`))
}

function keyLine(host: TargetHost, err: EngineError, board: Board, since: number): void {
  const { key } = linesOf(host)
  const fingerprint = /SHA256:[A-Za-z0-9+/]{43}/.exec(err.detail ?? '')?.[0]
  if (err.code === 'trust.host-key-unknown' && fingerprint)
    return board.add(since, {
      ...stop(
        key.id,
        key.title,
        `Not known: ${err.detail ?? fingerprint}.`,
        'Compare it with the host’s own (ssh-keygen -lf on it); pin it when they are the same, then check again.',
      ),
      pin: { address: addressOf(host), fingerprint },
    })
  const changed = err.code === 'trust.host-key-changed' && fingerprint !== undefined
  board.add(since, {
    ...stop(
      key.id,
      key.title,
      wordsOf(err),
      changed
        ? `Find out why before anything else: another machine may answer there. Only if its administrator says that the key is new (ssh-keygen -lf on the host): drydock director status NAME --trust ${addressOf(host)}=${fingerprint}`
        : 'Find out why before anything else: another machine may answer there.',
    ),
    // No pin: what a click could override would be no stop.
  })
}

function loginLine(host: TargetHost, err: EngineError, board: Board, since: number): void {
  const { login } = linesOf(host)
  const fix =
    host.auth === 'pem'
      ? 'Correct user and pem in master.yml, and see that the key file lies on the deployment host.'
      : 'Correct user and password in master.yml.'
  board.add(since, stop(login.id, login.title, `${host.user} is not let in. ${wordsOf(err)}`, fix))
}

/** The key is read where the script reads it, and stays in this process. */
export async function loginOf(
  from: Host,
  { pem, auth, password }: TargetHost,
  folder: string,
  signal: AbortSignal,
): Promise<SshLogin> {
  const withPassword = password === null ? {} : { password }
  if (auth === 'password' || (auth === 'both' && pem === null)) return withPassword
  if (pem === null)
    throw new EngineError('auth.secret-missing', 'director.preflight', {
      detail: 'pem in master.yml names no file',
    })
  const path = pem.startsWith('/') ? pem : `${folder}/${pem}`
  const privateKey = await inTime(from.readFile(path, keyBytes, signal), signal).catch((err: unknown) => {
    if (auth === 'both') return null
    throw err
  })
  return privateKey === null ? withPassword : { privateKey: privateKey.toString('utf8'), ...withPassword }
}

export function clockLine(
  { clock }: HostFacts,
  { id, title }: { id: string; title: string },
  signed: boolean,
  board: Board,
  since: number,
): void {
  if (!clock) return board.add(since, notTried(id, title, 'It tells no time.'))
  const sure = Math.abs(clock.offset) - clock.within
  const said = `${spoken(Math.abs(clock.offset))} ${clock.offset > 0 ? 'ahead of' : 'behind'} this machine’s`
  const fix =
    'Set both clocks right, with NTP where it can be had: certificates, tokens and signed requests depend on them.'
  if (sure > clockStopMs && signed)
    return board.add(
      since,
      stop(id, title, `${said}: servers refuse signed requests that are 15 minutes off.`, fix),
    )
  if (sure > clockWarnMs) return board.add(since, warn(id, title, `${said}.`, fix))
  board.add(since, pass(id, title, 'Agrees with this machine’s.'))
}

function spoken(ms: number): string {
  const seconds = Math.round(ms / 1000)
  if (seconds < 120) return `${seconds} s`
  const minutes = Math.round(seconds / 60)
  return minutes < 120 ? `${minutes} min` : `${Math.round(minutes / 60)} h`
}

function diskLine(
  { free }: HostFacts,
  { id, title }: { id: string; title: string },
  need: number | null,
  board: Board,
  since: number,
): void {
  if (free.length === 0) return board.add(since, notTried(id, title, 'It does not say.'))
  const wanted = Math.max(5 * GB, 3 * (need ?? 0))
  const short = free.filter(({ bytes }) => bytes < wanted)
  const all = free.map(({ path, bytes }) => `${formatBytes(bytes)} at ${path}`).join(', ')
  if (short.length > 0)
    return board.add(
      since,
      warn(
        id,
        title,
        `May be too little: ${all}.`,
        `Have ${formatBytes(wanted)} free at ${short.map(({ path }) => path).join(' and ')}: the files are fetched, unpacked and loaded.`,
      ),
    )
  board.add(since, pass(id, title, `${all}.`))
}
