import { spawn } from 'node:child_process'
import type { ChildProcess } from 'node:child_process'
import { chmod, chown, mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir, userInfo } from 'node:os'
import { join } from 'node:path'
import { freePort } from '../free-port.ts'
import { ensureDebianPackages } from './debian.ts'
import type { Ensured } from './debian.ts'
import { addUser, removeUser, run } from './sshd-user.ts'
import type { TestUser } from './sshd-user.ts'

export type SshdOptions = {
  /** Creates a system user with a password (root only) who may log in beside the user of the key. */
  passwordUser?: boolean
  /** How that user proves the password: sshd's own `password` method, or keyboard-interactive through PAM. */
  passwordBy?: 'password' | 'keyboard-interactive'
  hostKeyType?: HostKeyType
  /** Further lines of `sshd_config`, e.g. `MaxStartups 1`. */
  directives?: readonly string[]
  /** Replaces `internal-sftp` (with its arguments), e.g. `internal-sftp -R` for a read-only server. */
  subsystem?: string
}

export type HostKeyType = 'ed25519' | 'ecdsa' | 'rsa'

/** A real OpenSSH server on a free loopback port, in a folder of its own. */
export type Sshd = {
  readonly host: '127.0.0.1'
  readonly port: number
  /** Logs in with `privateKey`: whoever runs the tests. */
  readonly user: string
  readonly privateKey: string
  readonly privateKeyFile: string
  /** Present with `passwordUser`. Its home is `passwordHome`. */
  readonly passwordUser: (TestUser & { home: string }) | null
  /** Everything of this server lies here; `files` inside it is for the stores under test. */
  readonly folder: string
  readonly files: string
  /** `SHA256:…` of the host key in use. */
  hostFingerprint(): Promise<string>
  /** `ssh-ed25519 AAAA…` of the host key in use, without a comment. */
  hostPublicKey(): Promise<string>
  /** What sshd wrote to its log so far. */
  log(): string
  /** Kills the sessions under way, as a crash of the connection would, and leaves the server listening. */
  dropConnections(): Promise<void>
  /** Stops and starts again on the same port, with a fresh host key when `newHostKey` names its type. */
  restart(options?: { newHostKey?: HostKeyType; directives?: readonly string[] }): Promise<void>
  /** Stops listening and ends all sessions, but leaves the folder: the state of a server that is down. */
  down(): Promise<void>
  stop(): Promise<void>
}

/** Whether a real server can be had here; installs it where that is possible. */
export const sshdAvailable = (): Promise<Ensured> =>
  ensureDebianPackages(['openssh-server', 'openssh-client'])

/** Starts a server. `stop` must be called; a process that ends without it kills the server on its way out. */
export async function startSshd(options: SshdOptions = {}): Promise<Sshd> {
  const ensured = await sshdAvailable()
  if (!ensured.ok) throw new Error(ensured.why)
  const folder = await mkdtemp(join(tmpdir(), 'drydock-sshd-'))
  // The login user of a password test is another one than root: it must be able to walk in.
  await chmod(folder, 0o755)
  const files = join(folder, 'files')
  await mkdir(files)
  if (process.getuid?.() === 0) await mkdir('/run/sshd', { recursive: true })
  const userKey = join(folder, 'user_key')
  await run('ssh-keygen', ['-q', '-t', 'ed25519', '-N', '', '-C', 'drydock-test', '-f', userKey])

  let keyNumber = 0
  let hostKey = await newKey(options.hostKeyType ?? 'ed25519')
  async function newKey(type: HostKeyType): Promise<string> {
    const file = join(folder, `host_key_${(keyNumber += 1)}`)
    await run('ssh-keygen', ['-q', '-t', type, '-N', '', '-C', 'drydock-test', '-f', file])
    return file
  }

  const user = options.passwordUser ? await addUser(join(folder, 'home')) : null
  if (user) {
    await mkdir(join(folder, 'home'))
    await chown(join(folder, 'home'), user.uid, user.gid)
  }
  let directives = options.directives ?? []
  // What is left in `~/.drydock` stays here, and no test waits for another one's lock there.
  const ownHome = [`Match User ${userInfo().username}`, `SetEnv HOME=${join(folder, 'login-home')}`]
  await mkdir(join(folder, 'login-home'))
  const config = join(folder, 'sshd_config')
  const port = await freePort()
  const writeConfig = () =>
    writeFile(
      config,
      [
        'ListenAddress 127.0.0.1',
        `Port ${port}`,
        `HostKey ${hostKey}`,
        `AuthorizedKeysFile ${userKey}.pub`,
        'StrictModes no',
        'PermitRootLogin yes',
        'PidFile none',
        'LogLevel VERBOSE',
        `UsePAM ${options.passwordBy === 'keyboard-interactive' ? 'yes' : 'no'}`,
        `KbdInteractiveAuthentication ${options.passwordBy === 'keyboard-interactive' ? 'yes' : 'no'}`,
        `PasswordAuthentication ${user && options.passwordBy !== 'keyboard-interactive' ? 'yes' : 'no'}`,
        `Subsystem sftp ${options.subsystem ?? 'internal-sftp'}`,
        ...directives,
        ...(directives.some(line => line.startsWith('SetEnv ')) ? [] : ownHome),
        '',
      ].join('\n'),
    )

  let log = ''
  let child: ChildProcess | null = null
  const killChild = () => void child?.kill('SIGKILL')
  process.once('exit', killChild)

  async function start(): Promise<void> {
    await writeConfig()
    const started = spawn('/usr/sbin/sshd', ['-D', '-e', '-f', config], {
      stdio: ['ignore', 'ignore', 'pipe'],
    })
    child = started
    await new Promise<void>((resolve, reject) => {
      started.once('error', reject)
      started.once('exit', code => reject(new Error(`sshd ended with ${code}: ${log}`)))
      started.stderr.setEncoding('utf8')
      started.stderr.on('data', (text: string) => {
        log += text
        if (log.includes(`Server listening on 127.0.0.1 port ${port}`)) resolve()
      })
    })
  }

  async function down(): Promise<void> {
    const going = child
    child = null
    if (!going?.pid || going.exitCode !== null) return
    const gone = new Promise(resolve => going.once('exit', resolve))
    const sessions = await descendants(going.pid)
    going.kill('SIGTERM')
    killAll(sessions)
    await gone
    log = ''
  }

  await start()
  const hostPublicKey = async () =>
    (await readFile(`${hostKey}.pub`, 'utf8')).split(' ').slice(0, 2).join(' ').trim()
  return {
    host: '127.0.0.1',
    port,
    user: userInfo().username,
    privateKey: await readFile(userKey, 'utf8'),
    privateKeyFile: userKey,
    passwordUser: user ? { ...user, home: join(folder, 'home') } : null,
    folder,
    files,
    hostPublicKey,
    hostFingerprint: async () =>
      (await run('ssh-keygen', ['-l', '-f', `${hostKey}.pub`])).split(' ')[1] ?? '',
    log: () => log,
    dropConnections: async () => killAll(child?.pid ? await descendants(child.pid) : []),
    restart: async (next = {}) => {
      await down()
      if (next.newHostKey) hostKey = await newKey(next.newHostKey)
      if (next.directives) directives = next.directives
      await start()
    },
    down,
    stop: async () => {
      process.off('exit', killChild)
      await down()
      if (user) await removeUser(user)
      await rm(folder, { recursive: true, force: true, maxRetries: 3 })
    },
  }
}

/** Processes below `pid`: sshd forks one or two for each session, and one more for a command. */
async function descendants(pid: number): Promise<number[]> {
  const text = await readFile(`/proc/${pid}/task/${pid}/children`, 'utf8').catch(() => '')
  const children = text.trim().split(' ').filter(Boolean).map(Number)
  return (await Promise.all(children.map(descendants))).flat().concat(children)
}

function killAll(pids: readonly number[]): void {
  for (const pid of pids) {
    try {
      process.kill(pid, 'SIGKILL')
    } catch {
      // It ended between the look and the kill.
    }
  }
}
