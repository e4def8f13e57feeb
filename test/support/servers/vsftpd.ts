import { chmod, chown, mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { freePort } from '../free-port.ts'
import { freePortRange } from '../free-port-range.ts'
import { startDaemon } from './daemon.ts'
import { ensureDebianPackages, type Ensured } from './debian.ts'
import { addUser, removeUser } from './sshd-user.ts'
import { makeCertificate, type CertificateKind } from './test-certificate.ts'

export type VsftpdOptions = {
  tls?: 'none' | 'explicit' | 'implicit'
  /** Whether a data connection must continue the TLS session of its control connection. */
  requireReuse?: boolean
  certificate?: CertificateKind
  /** Further lines of `vsftpd.conf`; a later line overrules an earlier one. */
  directives?: readonly string[]
}

/** Debian's vsftpd on a free loopback port, in a folder of its own, with one user of its own. */
export type Vsftpd = {
  readonly host: '127.0.0.1'
  readonly port: number
  readonly user: string
  readonly password: string
  /** PEM of the authority that signed its certificate; empty without TLS. */
  readonly ca: string
  /** Where the user lands; owned by the user. */
  readonly home: string
  readonly uid: number
  readonly gid: number
  /** Every port that a data connection may use. */
  readonly dataPorts: readonly number[]
  /** What vsftpd wrote to its log so far, with every FTP command and answer. */
  log(): Promise<string>
  /** Kills the sessions under way, as a crash would, and leaves the server listening. */
  dropSessions(): Promise<void>
  stop(): Promise<void>
}

/** Whether vsftpd can be had here, and why not in words for a test summary. */
export async function vsftpdAvailable(): Promise<Ensured> {
  // The sessions run as a system user that the starter creates.
  if (process.getuid?.() !== 0) return { ok: false, why: 'vsftpd needs root for its test user' }
  return ensureDebianPackages(['vsftpd', 'openssl'])
}

/** Starts a server. `stop` must be called; the server also ends with the process that started it. */
export async function startVsftpd(options: VsftpdOptions = {}): Promise<Vsftpd> {
  const available = await vsftpdAvailable()
  if (!available.ok) throw new Error(available.why)
  const folder = await mkdtemp(path.join(tmpdir(), 'drydock-vsftpd-'))
  const home = path.join(folder, 'home')
  const user = await addUser(home)
  const removeAll = async (): Promise<void> => {
    await removeUser(user)
    await rm(folder, { recursive: true, force: true })
  }
  try {
    await chmod(folder, 0o755)
    await mkdir(home)
    await chown(home, user.uid, user.gid)
    await mkdir(path.join(folder, 'empty'))
    const tls = options.tls ?? 'none'
    const certificate = tls === 'none' ? null : await makeCertificate(folder, options.certificate ?? 'good')
    const port = await freePort()
    const dataPorts = await freePortRange(24)
    const log = path.join(folder, 'vsftpd.log')
    const yesNo = (on: boolean): string => (on ? 'YES' : 'NO')
    const lines = [
      'listen=YES',
      'listen_ipv6=NO',
      'listen_address=127.0.0.1',
      `listen_port=${port}`,
      'background=NO',
      'seccomp_sandbox=NO',
      'anonymous_enable=NO',
      'local_enable=YES',
      'write_enable=YES',
      'local_umask=022',
      'pam_service_name=vsftpd',
      `secure_chroot_dir=${path.join(folder, 'empty')}`,
      `pasv_min_port=${dataPorts[0]}`,
      `pasv_max_port=${dataPorts.at(-1)}`,
      'log_ftp_protocol=YES',
      'xferlog_enable=YES',
      `vsftpd_log_file=${log}`,
      `ssl_enable=${yesNo(certificate !== null)}`,
      ...(certificate === null
        ? []
        : [
            `rsa_cert_file=${certificate.certificateFile}`,
            `rsa_private_key_file=${certificate.keyFile}`,
            'ssl_tlsv1=YES',
            'ssl_ciphers=HIGH',
            `implicit_ssl=${yesNo(tls === 'implicit')}`,
            'force_local_logins_ssl=YES',
            'force_local_data_ssl=YES',
            `require_ssl_reuse=${yesNo(options.requireReuse ?? false)}`,
          ]),
      ...(options.directives ?? []),
    ]
    const config = path.join(folder, 'vsftpd.conf')
    await writeFile(config, lines.join('\n') + '\n')
    const daemon = await startDaemon({
      command: '/usr/sbin/vsftpd',
      args: [config],
      port,
      log: path.join(folder, 'vsftpd.out'),
    })
    return {
      host: '127.0.0.1',
      port,
      user: user.name,
      password: user.password,
      ca: certificate?.ca ?? '',
      home,
      uid: user.uid,
      gid: user.gid,
      dataPorts,
      log: () => readFile(log, 'utf8').catch(() => ''),
      dropSessions: async () => {
        // The shell that guards the daemon, the listener, and below that two processes for each session.
        for (const listener of await childrenOf(daemon.pid)) {
          for (const session of await childrenOf(listener)) await killTree(session)
        }
      },
      stop: async () => {
        await daemon.stop()
        await removeAll()
      },
    }
  } catch (err) {
    await removeAll()
    throw err
  }
}

async function childrenOf(pid: number): Promise<number[]> {
  const text = await readFile(`/proc/${pid}/task/${pid}/children`, 'utf8').catch(() => '')
  return text.trim().split(' ').filter(Boolean).map(Number)
}

async function killTree(pid: number): Promise<void> {
  const below = await childrenOf(pid)
  try {
    process.kill(pid, 'SIGKILL')
  } catch {
    // It ended between the look and the kill.
  }
  for (const child of below) await killTree(child)
}
