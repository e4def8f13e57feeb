import type { RawPath } from './raw-path.ts'
import { rawFromText, rawToText } from './raw-path.ts'

/** One thing in a restore point, as a line of its entry list says it. */
export type Entry = {
  /** Relative to the point's base; never empty, never beginning or ending with `/`. */
  path: RawPath
  kind: EntryKind
  /** Bytes of content; 0 for everything but files. */
  size: number
  /** Seconds since 1970 with up to nine decimals, as PAX writes it: JSON numbers cannot hold nanoseconds. */
  mtime: string
  /** Permission bits with setuid, setgid and sticky. */
  mode: number
  uid: number
  gid: number
  user: string
  group: string
  /** Of the content; null for everything but files. */
  sha256: string | null
  /** Where the content begins in the tar stream (or, with layout `stream`, in the content). */
  data: number
  /** Target of a symlink, as it stands there; path of the first name for a hard link. */
  link?: RawPath
  /** The source had holes: a restore leaves them out again. */
  sparse?: true
  /** Major and minor number of a device. */
  device?: [number, number]
  /** Extended attributes by name, values in base64. POSIX ACLs are among them (`system.posix_acl_*`). */
  xattrs?: Record<string, string>
}

export type EntryKind = 'file' | 'folder' | 'symlink' | 'hardlink' | 'fifo' | 'char-device' | 'block-device'

/** A line of an entry list, without its line end. */
export function encodeEntry(entry: Entry): string {
  const { path, kind, size, mtime, mode, uid, gid, user, group, sha256, data } = entry
  // Put together by hand: there is a line for every file, and copying objects for JSON costs more than the rest of it.
  let line = `{${rawField('path', path)},"kind":"${kind}","size":${size},"mtime":"${mtime}","mode":${mode}`
  line += `,"uid":${uid},"gid":${gid},"user":${JSON.stringify(user)},"group":${JSON.stringify(group)}`
  line += `,"sha256":${sha256 === null ? 'null' : `"${sha256}"`},"data":${data}`
  if (entry.sparse) line += ',"sparse":true'
  if (entry.device) line += `,"device":${JSON.stringify(entry.device)}`
  if (entry.xattrs) line += `,"xattrs":${JSON.stringify(entry.xattrs)}`
  if (entry.link !== undefined) line += `,${rawField('link', entry.link)}`
  return `${line}}`
}

/** See `pathFields`. */
function rawField(name: 'path' | 'link', raw: RawPath): string {
  const text = rawToText(raw)
  return text === null
    ? `"${name}Base64":"${Buffer.from(raw, 'latin1').toString('base64')}"`
    : `"${name}":${JSON.stringify(text)}`
}

/** `1700000000.123456789` → ms since 1970, the fraction kept as far as a double holds it (0.24 µs today). */
export const mtimeToMs = (mtime: string): number => Number(mtime) * 1000

/** For calls that want ISO 8601 UTC; milliseconds are enough for people and scripts. */
export function mtimeToIso(mtime: string): string {
  const ms = Math.floor(Number(mtime) * 1000)
  return Math.abs(ms) <= 8.64e15 ? new Date(ms).toISOString() : mtime
}

export const entryOfStream = (fileName: string, size: number, sha256: string, mtime: string): Entry => ({
  path: rawFromText(fileName),
  kind: 'file',
  size,
  mtime,
  mode: 0o600,
  uid: 0,
  gid: 0,
  user: '',
  group: '',
  sha256,
  data: 0,
})
