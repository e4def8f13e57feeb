import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { startAzurite } from './servers/azurite.ts'
import type { Ensured } from './servers/debian.ts'
import { ensureDebianPackages } from './servers/debian.ts'
import { sshdAvailable, startSshd } from './servers/sshd.ts'
import type { Swift } from './servers/swift.ts'
import { startSwift } from './servers/swift.ts'
import { startVsftpd, vsftpdAvailable } from './servers/vsftpd.ts'

/** A server as `server add` is told of it. */
export type AddedServer = { name: string; args: string[]; secrets: object | null }

export type FiveServers = { servers: AddedServer[]; folder: string; stop(): Promise<void> }

/** Whether all five kinds can be had on this machine; the first reason why not. */
export async function fiveServersAvailable(): Promise<Ensured> {
  for (const available of [swiftAvailable, sshdAvailable, vsftpdAvailable]) {
    const ensured = await available()
    if (!ensured.ok) return ensured
  }
  return { ok: true }
}

const swiftAvailable = (): Promise<Ensured> =>
  ensureDebianPackages([
    'swift',
    'swift-proxy',
    'swift-account',
    'swift-container',
    'swift-object',
    'memcached',
  ])

async function swiftOrThrow(): Promise<Swift> {
  const started = await startSwift({ maxParts: 10_000 })
  if (!started.ok) throw new Error(started.why)
  return started.server
}

/** Starts Swift's S3, Azurite, OpenSSH and vsftpd with TLS; the fifth is a folder. */
export async function startFiveServers(): Promise<FiveServers> {
  const folder = await mkdtemp(join(tmpdir(), 'drydock-five-'))
  const [swift, azurite, sshd, vsftpd] = await Promise.all([
    swiftOrThrow(),
    startAzurite(),
    startSshd(),
    startVsftpd({ tls: 'explicit' }),
  ])
  await swift.bucket('backups')
  await azurite.service.getContainerClient('backups').create()
  const ca = join(folder, 'ca.pem')
  await writeFile(ca, vsftpd.ca)
  const { accessKeyId, secretAccessKey } = swift
  const servers: AddedServer[] = [
    {
      name: 'a',
      args: ['--type', 's3', '--endpoint', swift.endpoint, '--bucket', 'backups', '--region', swift.region],
      secrets: { accessKeyId, secretAccessKey },
    },
    {
      name: 'b',
      args: [
        '--type',
        'azure',
        '--endpoint',
        azurite.endpoint,
        '--container',
        'backups',
        '--account',
        azurite.account,
      ],
      secrets: { accountKey: azurite.key },
    },
    {
      name: 'c',
      args: [
        ...['--type', 'sftp', '--host', sshd.host, '--port', String(sshd.port), '--user', sshd.user],
        ...['--path', sshd.files, '--host-key', await sshd.hostFingerprint()],
      ],
      secrets: { privateKey: sshd.privateKey },
    },
    {
      name: 'd',
      args: [
        '--type',
        'ftp',
        '--host',
        vsftpd.host,
        '--port',
        String(vsftpd.port),
        '--user',
        vsftpd.user,
        '--ca',
        ca,
      ],
      secrets: { password: vsftpd.password },
    },
    { name: 'e', args: ['--type', 'local', '--path', join(folder, 'disk')], secrets: null },
  ]
  const stop = async () => {
    await Promise.allSettled([swift.stop(), azurite.stop(), sshd.stop(), vsftpd.stop()])
    await rm(folder, { recursive: true, force: true })
  }
  return { servers, folder, stop }
}
