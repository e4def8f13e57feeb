import type { Entry, EntryKind } from '../../archive/entry.ts'
import type { RawPath } from '../../archive/raw-path.ts'
import type { Owners } from './owners.ts'
import type { Found } from './walk.ts'

/** What an entry needs to know besides what `lstat` says. */
export type EntryContext = {
  owners: Owners
  /** Extended attributes of a path, in base64 by name; undefined for none. */
  xattrsOf: (path: RawPath) => Record<string, string> | undefined
}

/** The kind an archive keeps it as; null for a socket, which has no content and cannot be made again. */
export function kindOf({ stat }: Found): EntryKind | null {
  if (stat.isFile()) return 'file'
  if (stat.isDirectory()) return 'folder'
  if (stat.isSymbolicLink()) return 'symlink'
  if (stat.isFIFO()) return 'fifo'
  if (stat.isCharacterDevice()) return 'char-device'
  if (stat.isBlockDevice()) return 'block-device'
  return null
}

/** The entry of something found, its content not read yet. */
export function entryOf(context: EntryContext, { path, stat, link }: Found, kind: EntryKind): Entry {
  const size = kind === 'file' ? Number(stat.size) : 0
  const xattrs = kind === 'hardlink' ? undefined : context.xattrsOf(path)
  return {
    path,
    kind,
    size,
    mtime: mtimeOf(stat.mtimeNs),
    mode: Number(stat.mode & 0o7777n),
    uid: Number(stat.uid),
    gid: Number(stat.gid),
    user: context.owners.user(Number(stat.uid)),
    group: context.owners.group(Number(stat.gid)),
    sha256: null,
    data: 0,
    ...(link === undefined ? {} : { link }),
    // Fewer blocks on disk than bytes: there are holes. A page of slack, because small files may live in the inode.
    ...(size > 0 && stat.blocks * 512n + 4096n < stat.size ? { sparse: true as const } : {}),
    ...(kind === 'char-device' || kind === 'block-device' ? { device: deviceOf(stat.rdev) } : {}),
    ...(xattrs ? { xattrs } : {}),
  }
}

/** Linux packs major and minor into one number (makedev(3)). */
const deviceOf = (rdev: bigint): [number, number] => [
  Number(((rdev >> 8n) & 0xfffn) | ((rdev >> 32n) & ~0xfffn)),
  Number((rdev & 0xffn) | ((rdev >> 12n) & ~0xffn)),
]

/** Nanoseconds since 1970 as seconds with up to nine decimals, as PAX writes times; also before 1970. */
export function mtimeOf(ns: bigint): string {
  const size = ns < 0n ? -ns : ns
  const rest = size % 1_000_000_000n
  const fraction = rest === 0n ? '' : `.${String(rest).padStart(9, '0').replace(/0+$/, '')}`
  return `${ns < 0n ? '-' : ''}${size / 1_000_000_000n}${fraction}`
}
