import { createHash } from 'node:crypto'
import { mkdir, utimes, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { gzipSync } from 'node:zlib'
import type { DirectorComponent } from '../../../shared/director-files.ts'
import { directorComponents, directorFileName } from '../../../shared/director-files.ts'

export type BackupFile = {
  component: DirectorComponent
  name: string
  /** Of the file as it lies on a server. */
  sha256: string
  size: number
  bytes: Buffer
  /** Path below `restored/<component>/` once it is unpacked, and the SHA-256 of what is there. */
  inside: { path: string; sha256: string }
}

/** One run of the backup: five files with one stamp, and with `latest` the copies under that name. */
export type DirectorBackup = {
  stamp: string
  /** The folder that also holds them as files, with the times of the run. */
  folder: string
  files: BackupFile[]
  /** Copies named `…latest…`, with the bytes of `files`; empty unless wished for. */
  latest: BackupFile[]
  /** SHA-256 per component, as `StandIn.restored` answers. */
  sha256: Record<DirectorComponent, string>
}

/**
 * Makes the five files of a run, the same bytes for the same stamp: real gzip and tar, content that differs from run to
 * run. `elk` has some 300 KiB, the others a few.
 * @param stamp `YYYYMMDDThhmmss` UTC
 */
export async function makeDirectorBackup(
  folder: string,
  stamp: string,
  options: { latest?: boolean } = {},
): Promise<DirectorBackup> {
  const made = directorComponents.map(component => makeFile(component, stamp))
  const latest = options.latest
    ? made.map(file => ({ ...file, name: directorFileName(file.component, 'latest') }))
    : []
  const time = stampTime(stamp)
  await mkdir(folder, { recursive: true })
  for (const file of [...made, ...latest]) {
    await writeFile(join(folder, file.name), file.bytes)
    await utimes(join(folder, file.name), time, time)
  }
  return { stamp, folder, files: made, latest, sha256: byComponent(made) }
}

/** The time in a stamp. */
export function stampTime(stamp: string): Date {
  const parts = /^(\d{4})(\d\d)(\d\d)T(\d\d)(\d\d)(\d\d)$/.exec(stamp)
  if (!parts) throw new Error(`${stamp} is no stamp`)
  const [year = 0, month = 0, day = 0, hour = 0, minute = 0, second = 0] = parts.slice(1).map(Number)
  return new Date(Date.UTC(year, month - 1, day, hour, minute, second))
}

export function byComponent(files: readonly BackupFile[]): Record<DirectorComponent, string> {
  return Object.fromEntries(files.map(file => [file.component, file.sha256])) as Record<
    DirectorComponent,
    string
  >
}

function makeFile(component: DirectorComponent, stamp: string): BackupFile {
  const seed = `${component} ${stamp}`
  const head = `an invented ${component} of the run ${stamp}\n`
  const [path, content] = contents[component](head, seed)
  const time = stampTime(stamp).getTime() / 1000
  // A dump of Mongo is one gzipped stream, the others are archives of files.
  const bytes = gzipSync(component === 'mongo' ? content : tarOf(path, content, time))
  return {
    component,
    name: directorFileName(component, stamp),
    sha256: sha256(bytes),
    size: bytes.length,
    bytes,
    inside: { path, sha256: sha256(content) },
  }
}

const contents: Record<DirectorComponent, (head: string, seed: string) => [string, Buffer]> = {
  mongo: (head, seed) => [
    'mongo.archive',
    Buffer.concat([Buffer.from([0x6d, 0xe2, 0x99, 0x81]), Buffer.from(head), noise(seed, 40_000)]),
  ],
  postgres: (head, seed) => [
    'postgres_dump.sql',
    Buffer.from(`-- ${head}CREATE TABLE realm (id text);\n-- ${noise(seed, 6000).toString('hex')}\n`),
  ],
  elk: (head, seed) => ['elk/saved-objects.ndjson', Buffer.concat([Buffer.from(head), noise(seed, 300_000)])],
  'certificate-service': (head, seed) => [
    'certs/site.crt',
    Buffer.from(`${head}${noise(seed, 1500).toString('base64')}\n`),
  ],
  'ec-provision': (head, seed) => [
    'provision/edge-1.crt',
    Buffer.from(`${head}${noise(seed, 9000).toString('base64')}\n`),
  ],
}

const sha256 = (bytes: Uint8Array): string => createHash('sha256').update(bytes).digest('hex')

/** Bytes that do not compress, the same for the same seed. */
function noise(seed: string, length: number): Buffer {
  const blocks: Buffer[] = []
  for (let at = 0; at * 32 < length; at += 1)
    blocks.push(createHash('sha256').update(`${seed} ${at}`).digest())
  return Buffer.concat(blocks).subarray(0, length)
}

/** A ustar archive of one file. @param time seconds since 1970 */
function tarOf(path: string, content: Buffer, time: number): Buffer {
  const head = Buffer.alloc(512)
  const octal = (value: number, at: number, length: number) =>
    head.write(`${value.toString(8).padStart(length - 1, '0')}\0`, at, 'latin1')
  head.write(path, 0, 'latin1')
  octal(0o644, 100, 8)
  octal(0, 108, 8)
  octal(0, 116, 8)
  octal(content.length, 124, 12)
  octal(time, 136, 12)
  head.write('        0', 148, 'latin1')
  head.write('ustar\x0000', 257, 'latin1')
  octal(
    head.reduce((sum, byte) => sum + byte, 0),
    148,
    7,
  )
  const rest = (512 - (content.length % 512)) % 512
  return Buffer.concat([head, content, Buffer.alloc(rest + 1024)])
}
