import { entryOfStream } from '../archive/entry.ts'
import type { Entry } from '../archive/entry.ts'
import type { BackupFile, Manifest } from '../archive/manifest.ts'
import { volumesOf } from '../archive/manifest.ts'
import { timeOf } from '../archive/names.ts'

const isPlain = (file: BackupFile): boolean =>
  file.layout === 'stream' &&
  file.compression === 'none' &&
  file.encryption === null &&
  volumesOf(file).length === 1 &&
  volumesOf(file)[0]?.name === file.name

/**
 * The files of a point of several components, each the one entry that it is, as they lie on the server; null for a
 * point whose files have to be unpacked.
 */
export function asItLies({ files, stamp }: Pick<Manifest, 'files' | 'stamp'>): Entry[] | null {
  if (files.length < 2 || !files.every(isPlain)) return null
  const time = String(timeOf(stamp) / 1000)
  return files.map(({ name, size, sha256 }) => ({
    ...entryOfStream(name, size, sha256 ?? '', time),
    sha256,
    uid: process.getuid?.() ?? 0,
    gid: process.getgid?.() ?? 0,
  }))
}
