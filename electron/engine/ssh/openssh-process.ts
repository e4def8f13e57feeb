import { spawn } from 'node:child_process'
import type { ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { Socket, createServer } from 'node:net'
import type { OnReadOpts } from 'node:net'
import { tmpdir } from 'node:os'
import { delimiter, isAbsolute, join } from 'node:path'
import { algorithmsFor } from './host-key.ts'
import { startOneKeyAgent } from './one-key-agent.ts'
import type { OneKeyAgent } from './one-key-agent.ts'
import { ciphers, macs } from './ssh-algorithms.ts'
import type { SshConnection, TrustedHost } from './ssh-connection.ts'
import { readPrivateKey } from './ssh-login.ts'
import type { SshContext, SshLogin } from './ssh-target.ts'

/** OpenSSH's `ssh`, running a subsystem of the server. */
export type OpenSshProcess = {
  /** The subsystem's input and output. Closes when the process ends. */
  socket: Socket
  /** To be called once the subsystem has answered: what was needed to log in is done away with. */
  loggedIn(): Promise<void>
  /** What `ssh` said on its error output, once it has ended. */
  lastWords: Promise<string>
  /** Ends the process. */
  close(): void
}

/** The longest path of a Unix socket is 103 bytes on macOS, 107 on Linux. */
const longestSocketPath = 100
const mostWords = 1000

/** Why OpenSSH cannot stand in for this connection, known without trying; null when it may. */
export function whyNotOpenSsh(
  connection: SshConnection,
  login: SshLogin,
  context: SshContext,
): string | null {
  if (process.platform === 'win32') return 'not on Windows'
  if (connection.trusted.length !== 1) return 'a jump host is in between'
  if (login.privateKey === undefined && login.password !== undefined) return 'the login is by password'
  if (login.privateKey === undefined && !isPlainPath(context.env['SSH_AUTH_SOCK'] ?? ''))
    return 'the path of the ssh agent has odd characters'
  return null
}

/**
 * Starts `ssh` to the host of a connection, for one subsystem. It trusts exactly the key which that connection has
 * verified and nothing else, reads no configuration, and logs in through an agent: no secret is in its arguments,
 * its environment or a file. The caller finds out whether it logged in by talking to the subsystem.
 * @param onread Where the subsystem's output goes, as for `new Socket`.
 */
export async function startOpenSsh(
  connection: SshConnection,
  subsystem: 'sftp',
  login: SshLogin,
  context: SshContext,
  onread: OnReadOpts,
): Promise<OpenSshProcess> {
  const target = connection.trusted.at(-1) as TrustedHost
  // Only its owner may enter it: the sockets inside need no protection of their own.
  const folder = await mkdtemp(join(tmpdir(), 'drydock-ssh-'))
  let agent: OneKeyAgent | null = null
  const loggedIn = async () => {
    agent?.close()
    await rm(folder, { recursive: true, force: true })
  }
  let pair: SocketPair | null = null
  try {
    if (!isPlainPath(folder)) throw new Error('the path of the folder for temporary files has odd characters')
    const knownHosts = join(folder, 'known_hosts')
    await writeFile(knownHosts, `${alias} ${target.key.type} ${target.key.base64}\n`, { mode: 0o600 })
    let agentPath = context.env['SSH_AUTH_SOCK'] ?? ''
    if (login.privateKey !== undefined) {
      agentPath = join(folder, 'agent')
      const key = readPrivateKey(login.privateKey, login.keyPassphrase, 'server.connect')
      agent = await startOneKeyAgent(agentPath, key)
    }
    pair = await socketPair(join(folder, 'io'), onread)
    const args = [...optionsFor(target, knownHosts, agentPath), '-s', '--', target.host.host, subsystem]
    const child = spawn('ssh', args, {
      stdio: [pair.theirs, pair.theirs, 'pipe'],
      env: { PATH: searchPath(context.env['PATH'] ?? process.env['PATH']), LC_ALL: 'C' },
      shell: false,
    })
    pair.theirs.destroy()
    const { ours: socket } = pair
    const lastWords = wordsOf(child)
    void lastWords.then(() => socket.destroy())
    return {
      socket,
      loggedIn,
      lastWords,
      close() {
        socket.destroy()
        child.kill()
        void loggedIn().catch(() => {})
      },
    }
  } catch (err) {
    pair?.ours.destroy()
    pair?.theirs.destroy()
    await loggedIn()
    throw err
  }
}

/** What the host is called in the known hosts made for it: no name or port of it can be misread there. */
const alias = 'drydock-target'

function optionsFor({ host, key }: TrustedHost, knownHosts: string, agent: string): string[] {
  const { host: name, user, port } = host
  // The records' schema says so already. Here it decides about the arguments of a process.
  if (!/^(?!-)[A-Za-z0-9._:-]{1,253}$/.test(name) || !/^(?!-)[^\s\p{Cc}@:/]{1,128}$/u.test(user))
    throw new Error('its name or user has odd characters')
  const options: Readonly<Record<string, string | number>> = {
    BatchMode: 'yes',
    StrictHostKeyChecking: 'yes',
    UserKnownHostsFile: knownHosts,
    GlobalKnownHostsFile: '/dev/null',
    HostKeyAlias: alias,
    CheckHostIP: 'no',
    UpdateHostKeys: 'no',
    HostKeyAlgorithms: algorithmsFor([key.type]).join(','),
    Ciphers: ciphers.join(','),
    MACs: macs.join(','),
    KexAlgorithms: '-*-sha1',
    Compression: 'no',
    IdentityAgent: agent,
    IdentityFile: 'none',
    IdentitiesOnly: 'no',
    PreferredAuthentications: 'publickey',
    ClearAllForwardings: 'yes',
    ControlPath: 'none',
    ConnectTimeout: 8,
    ServerAliveInterval: 15,
    ServerAliveCountMax: 4,
    LogLevel: 'ERROR',
  }
  const named = Object.entries(options).flatMap(([option, value]) => ['-o', `${option}=${value}`])
  return ['-F', 'none', '-T', '-x', '-a', '-p', String(port), '-l', user, ...named]
}

/** `ssh` splits paths at blanks and expands `%`, `~` and `$` in them. */
const isPlainPath = (path: string): boolean =>
  /^\/[A-Za-z0-9._/+-]+$/.test(path) && join(path, 'agent').length <= longestSocketPath

/** Folders named relative to wherever we happen to be are no place to take `ssh` from. */
function searchPath(path: string | undefined): string {
  return (path ?? '/usr/local/bin:/usr/bin:/bin').split(delimiter).filter(isAbsolute).join(delimiter)
}

type SocketPair = { ours: Socket; theirs: Socket }

/**
 * One socket for both directions, with our end made by us: the ends that `spawn` makes allocate memory for every
 * 64 KiB read, ours reads wherever `onread` says.
 */
async function socketPair(path: string, onread: OnReadOpts): Promise<SocketPair> {
  const server = createServer({ pauseOnConnect: true })
  try {
    server.listen(path)
    await once(server, 'listening')
    const accepted = once(server, 'connection') as Promise<[Socket]>
    const ours = new Socket({ onread })
    ours.connect(path)
    const [theirs] = await accepted
    return { ours, theirs }
  } finally {
    server.close()
  }
}

/** All that a process says on its error output, and why it did not start; its end is awaited. */
async function wordsOf(child: ChildProcess): Promise<string> {
  let words = ''
  const ended = new Promise<void>(resolve => {
    child.once('close', () => resolve())
    child.once('error', err => {
      words = err.message
      resolve()
    })
  })
  try {
    for await (const text of (child.stderr ?? []) as AsyncIterable<Buffer>)
      words = (words + text.toString('utf8')).slice(0, mostWords)
  } catch {
    // What else it wanted to say is lost; that it ended is seen anyway.
  }
  await ended
  // It may repeat what the server said, and ends up in a log.
  return words.replace(/\p{Cc}+/gu, ' ').trim()
}
