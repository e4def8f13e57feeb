import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { SftpStore } from '../../../electron/engine/store/sftp/sftp-store.ts'
import type { SftpSecrets, SftpServer, StoreContext } from '../../../electron/engine/store/server-record.ts'
import type { BulkUse } from '../../../electron/engine/store/sftp/bulk-lane.ts'
import type { Sshd } from './sshd.ts'

/** A home of its own for a test, so that the machine's real `~/.ssh/known_hosts` plays no part. */
export type TestHome = {
  env: Record<string, string | undefined>
  folder: string
  /** Writes `~/.ssh/known_hosts`. */
  knownHosts(text: string): Promise<void>
  remove(): Promise<void>
}

export async function testHome(): Promise<TestHome> {
  const folder = await mkdtemp(join(tmpdir(), 'drydock-home-'))
  await mkdir(join(folder, '.ssh'), { mode: 0o700 })
  return {
    env: { HOME: folder },
    folder,
    knownHosts: text => writeFile(join(folder, '.ssh', 'known_hosts'), text),
    remove: () => rm(folder, { recursive: true, force: true }),
  }
}

export async function sftpRecord(
  sshd: Sshd,
  path: string,
  more: Partial<SftpServer> = {},
): Promise<SftpServer> {
  return {
    type: 'sftp',
    name: 'sftp-test',
    added: '2026-11-20T00:00:00Z',
    learned: {},
    host: sshd.host,
    port: sshd.port,
    user: sshd.user,
    path,
    hostKey: await sshd.hostFingerprint(),
    ...more,
  }
}

/** A store on `path` of the server, trusting its pinned key and logging in with the test's key. */
export async function openSftp(
  sshd: Sshd,
  path: string,
  options: {
    record?: Partial<SftpServer>
    secrets?: SftpSecrets
    context?: Partial<StoreContext>
    bulk?: BulkUse
  } = {},
): Promise<SftpStore> {
  const context: StoreContext = { env: { HOME: sshd.folder }, log: () => {}, ...options.context }
  const record = await sftpRecord(sshd, path, options.record)
  return new SftpStore(record, options.secrets ?? { privateKey: sshd.privateKey }, context, {
    bulk: options.bulk ?? 'auto',
  })
}
