import { z } from 'zod'
import type { RawPath } from './raw-path.ts'
import { pathFields, pathFromFields, rawFromText, rawToText } from './raw-path.ts'

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

const count = z.int().min(0)
const line = z.object({
  path: z.string().optional(),
  pathBase64: z.string().optional(),
  kind: z.enum(['file', 'folder', 'symlink', 'hardlink', 'fifo', 'char-device', 'block-device']),
  size: count,
  mtime: z.string().regex(/^-?\d{1,13}(?:\.\d{1,9})?$/),
  mode: count.max(0o7777),
  uid: count,
  gid: count,
  user: z.string().max(256),
  group: z.string().max(256),
  sha256: z
    .string()
    .regex(/^[0-9a-f]{64}$/)
    .nullable(),
  data: count,
  link: z.string().optional(),
  linkBase64: z.string().optional(),
  sparse: z.literal(true).optional(),
  device: z.tuple([count, count]).optional(),
  xattrs: z.record(z.string(), z.string()).optional(),
})

/** A line of an entry list, without its line end. */
export function encodeEntry(entry: Entry): string {
  const { path, link, ...rest } = entry
  return JSON.stringify({ ...pathFields(path), ...rest, ...(link === undefined ? {} : linkFields(link)) })
}

/** Throws a SyntaxError or a ZodError for a line that is not an entry; the caller knows where it stands. */
export function decodeEntry(text: string): Entry {
  const { path, pathBase64, link, linkBase64, sparse, device, xattrs, ...rest } = line.parse(JSON.parse(text))
  return {
    ...rest,
    path: pathFromFields({ path, pathBase64 }),
    ...(link === undefined && linkBase64 === undefined
      ? {}
      : { link: pathFromFields({ path: link, pathBase64: linkBase64 }) }),
    ...(sparse ? { sparse } : {}),
    ...(device ? { device } : {}),
    ...(xattrs ? { xattrs } : {}),
  }
}

function linkFields(link: RawPath): { link: string } | { linkBase64: string } {
  const text = rawToText(link)
  return text === null ? { linkBase64: Buffer.from(link, 'latin1').toString('base64') } : { link: text }
}

/** `1700000000.123456789` → ms since 1970, the fraction kept as far as a double holds it (0.24 µs today). */
export const mtimeToMs = (mtime: string): number => Number(mtime) * 1000

/** For calls that want ISO 8601 UTC; milliseconds are enough for people and scripts. */
export function mtimeToIso(mtime: string): string {
  const ms = Math.floor(Number(mtime) * 1000)
  return Math.abs(ms) <= 8.64e15 ? new Date(ms).toISOString() : mtime
}

/** A block's place in the compressed stream: the first lines of an entry list, before the entries. */
export type BlockLine = { block: number; at: number; size: number }
export const blockLine = z.object({ block: count, at: count, size: count })

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
