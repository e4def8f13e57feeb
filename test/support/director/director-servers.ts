import { chown, mkdir, mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { AddedServer } from '../five-servers.ts'
import { fiveServersAvailable } from '../five-servers.ts'
import { startAzurite } from '../servers/azurite.ts'
import type { Ensured } from '../servers/debian.ts'
import { startSshd } from '../servers/sshd.ts'
import { startSwift } from '../servers/swift.ts'
import { startVsftpd } from '../servers/vsftpd.ts'
import type { BackupPlace } from './backup-place.ts'
import { standInAvailable } from './stand-in.ts'

export type ServerKind = BackupPlace['kind']

export type DirectorServers = {
  /** One place of each kind, empty: a bucket or container `director`, or a folder. */
  places: { [K in ServerKind]: Extract<BackupPlace, { kind: K }> }
  /** The place as `server add` is told of it, with what `setup.sh` can be told too (passwords, no keys; plain FTP). */
  added(kind: ServerKind, name: string): Promise<AddedServer>
  stop(): Promise<void>
}

export async function directorServersAvailable(): Promise<Ensured> {
  const servers = await fiveServersAvailable()
  return servers.ok ? standInAvailable() : servers
}

/** Starts one real server of each kind that `setup.sh` can fetch from; the local disk is a folder. */
export async function startDirectorServers(): Promise<DirectorServers> {
  const disk = await mkdtemp(join(tmpdir(), 'drydock-disk-'))
  const running: { stop(): Promise<unknown> }[] = []
  const stop = async () => {
    await Promise.allSettled(running.map(server => server.stop()))
    await rm(disk, { recursive: true, force: true })
  }
  const kept = async <T extends { stop(): Promise<unknown> }>(starting: Promise<T>): Promise<T> => {
    const server = await starting
    running.push(server)
    return server
  }
  try {
    const starting = [
      kept(swiftOrThrow()),
      kept(startAzurite()),
      // Jobs leave their files in there.
      kept(startSshd({ passwordUser: true, directives: [`SetEnv HOME=${disk}`] })),
      kept(startVsftpd()),
    ] as const
    // All are waited for, or one that came up after another's failure would be left running.
    await Promise.allSettled(starting)
    const [swift, azurite, sshd, vsftpd] = await Promise.all(starting)
    await swift.bucket('director')
    await azurite.container('director')
    const path = join(sshd.files, 'director')
    await mkdir(path)
    if (sshd.passwordUser) await chown(path, sshd.passwordUser.uid, sshd.passwordUser.gid)
    const places: DirectorServers['places'] = {
      s3: { kind: 's3', server: swift, bucket: 'director' },
      azure: { kind: 'azure', server: azurite, container: 'director' },
      sftp: { kind: 'sftp', server: sshd, path },
      ftp: { kind: 'ftp', server: vsftpd, dir: 'director' },
      local: { kind: 'local', path: join(disk, 'director') },
    }
    return { places, added: (kind, name) => added(places[kind], name), stop }
  } catch (err) {
    await stop()
    throw err
  }
}

async function swiftOrThrow() {
  const started = await startSwift()
  if (!started.ok) throw new Error(started.why)
  return started.server
}

async function added(place: BackupPlace, name: string): Promise<AddedServer> {
  switch (place.kind) {
    case 's3': {
      const { endpoint, region, accessKeyId, secretAccessKey } = place.server
      const prefix = place.prefix ? ['--prefix', place.prefix] : []
      return {
        name,
        args: [
          ...['--type', 's3', '--endpoint', endpoint, '--bucket', place.bucket, '--region', region],
          ...prefix,
        ],
        secrets: { accessKeyId, secretAccessKey },
      }
    }
    case 'azure': {
      const { endpoint, account, key } = place.server
      const prefix = place.folder ? ['--prefix', place.folder] : []
      return {
        name,
        args: [
          ...['--type', 'azure', '--endpoint', endpoint, '--container', place.container],
          ...['--account', account, ...prefix],
        ],
        secrets: { accountKey: key },
      }
    }
    case 'sftp': {
      const { host, port, passwordUser } = place.server
      if (!passwordUser) throw new Error('start sshd with passwordUser')
      return {
        name,
        args: [
          ...['--type', 'sftp', '--host', host, '--port', String(port), '--user', passwordUser.name],
          ...['--path', place.path, '--host-key', await place.server.hostFingerprint()],
        ],
        secrets: { password: passwordUser.password },
      }
    }
    case 'ftp': {
      const { host, port, user, password } = place.server
      return {
        name,
        args: [
          ...['--type', 'ftp', '--host', host, '--port', String(port), '--user', user],
          ...['--path', place.dir, '--tls', 'none'],
        ],
        secrets: { password },
      }
    }
    case 'local':
      return { name, args: ['--type', 'local', '--path', place.path], secrets: null }
  }
}
