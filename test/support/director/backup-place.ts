import { chown, copyFile, mkdir, utimes } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { PutObjectCommand, S3Client } from '@aws-sdk/client-s3'
import type { RestoreAnswers } from '../../../electron/engine/system/director/answers.ts'
import type { Azurite } from '../servers/azurite.ts'
import type { Sshd } from '../servers/sshd.ts'
import type { Swift } from '../servers/swift.ts'
import type { Vsftpd } from '../servers/vsftpd.ts'
import type { BackupFile } from './director-backup.ts'
import { stampTime } from './director-backup.ts'

/** A place on a real server where a Director's backup may lie. Folders are made when they are missing. */
export type BackupPlace =
  /** `prefix` may be empty; with one, `setup.sh` cannot name the place. */
  | { kind: 's3'; server: Swift; bucket: string; prefix?: string }
  | { kind: 'azure'; server: Azurite; container: string; folder?: string }
  /** `path` absolute, as `sshd.files`; answers need a server with `passwordUser`. */
  | { kind: 'sftp'; server: Sshd; path: string }
  /** `dir` relative to the login's folder. */
  | { kind: 'ftp'; server: Vsftpd; dir: string }
  | { kind: 'local'; path: string }

/** Puts files there. Bucket and container must be there already. Times are those of the run where the server keeps any. */
export async function uploadDirectorBackup(
  place: BackupPlace,
  backup: { folder: string; stamp: string },
  files: readonly BackupFile[],
): Promise<void> {
  if (place.kind === 's3') {
    const { endpoint, region } = place.server
    const client = new S3Client({
      endpoint,
      region,
      forcePathStyle: true,
      credentials: place.server,
      requestChecksumCalculation: 'WHEN_REQUIRED',
    })
    try {
      for (const { name, bytes } of files) {
        await client.send(
          new PutObjectCommand({ Bucket: place.bucket, Key: below(place.prefix, name), Body: bytes }),
        )
      }
    } finally {
      client.destroy()
    }
    return
  }
  if (place.kind === 'azure') {
    const container = place.server.service.getContainerClient(place.container)
    for (const { name, bytes } of files) {
      await container.getBlockBlobClient(below(place.folder, name)).uploadData(bytes)
    }
    return
  }
  const target = placeFolder(place)
  await mkdir(target, { recursive: true })
  const time = stampTime(backup.stamp)
  for (const { name } of files) {
    await copyFile(join(backup.folder, name), join(target, name))
    await utimes(join(target, name), time, time)
    if (place.kind === 'ftp') await chown(join(target, name), place.server.uid, place.server.gid)
  }
  if (place.kind === 'ftp') {
    // Every folder on the way belongs to the login, as if it had made them.
    for (let at = target; at.startsWith(place.server.home); at = dirname(at)) {
      await chown(at, place.server.uid, place.server.gid)
    }
  }
}

/** What a person would answer to `setup.sh` for this place; a local disk has no answers. */
export function answersFor(place: Exclude<BackupPlace, { kind: 'local' }>): RestoreAnswers {
  switch (place.kind) {
    case 's3':
      return {
        type: 'S3',
        accessKey: place.server.accessKeyId,
        secretKey: place.server.secretAccessKey,
        bucket: place.bucket,
        url: place.server.endpoint,
      }
    case 'azure':
      return {
        type: 'AZURE',
        accountName: place.server.account,
        accountKey: place.server.key,
        container: place.container,
        blob: place.folder ?? '',
      }
    case 'sftp': {
      const { host, port, passwordUser } = place.server
      if (!passwordUser) throw new Error('setup.sh knows passwords only: start sshd with passwordUser')
      const { name: user, password } = passwordUser
      return { type: 'FTP', ftpType: 'sftp', host, port, user, password, dir: place.path }
    }
    case 'ftp': {
      const { host, port, user, password } = place.server
      return { type: 'FTP', ftpType: 'ftp', host, port, user, password, dir: place.dir }
    }
  }
}

function placeFolder(place: Extract<BackupPlace, { kind: 'sftp' | 'ftp' | 'local' }>): string {
  return place.kind === 'ftp' ? join(place.server.home, place.dir) : place.path
}

const below = (folder: string | undefined, name: string): string => (folder ? `${folder}/${name}` : name)
