import type { Entry, EntryKind } from '../entry.ts'
import { rawFromText, rawToText } from '../raw-path.ts'

/**
 * Headers of the POSIX pax interchange format (IEEE Std 1003.1, `pax`): a ustar header, preceded by an extended
 * header where ustar cannot hold a value. Nanoseconds, long names, large files and attributes need the extension.
 */
export const tarBlock = 512

const typeFlags: Record<EntryKind, string> = {
  file: '0',
  hardlink: '1',
  symlink: '2',
  'char-device': '3',
  'block-device': '4',
  folder: '5',
  fifo: '6',
}

/** Bytes of padding after `size` bytes of content. */
export const paddingOf = (size: number): number => (tarBlock - (size % tarBlock)) % tarBlock

/** Two empty blocks end an archive. */
export const trailerBytes = 2 * tarBlock

/** The header bytes of an entry: a multiple of 512, one to many blocks. */
export function encodeHeader(entry: Entry): Buffer {
  const name = entry.kind === 'folder' ? `${entry.path}/` : entry.path
  const split = splitName(name)
  const records = recordsOf(entry, name, split === null)
  const bodyEnd = records === '' ? 0 : tarBlock + records.length + paddingOf(records.length)
  const bytes = Buffer.allocUnsafe(bodyEnd + tarBlock).fill(0)
  if (records !== '') {
    const extended = { prefix: '', name: `PaxHeaders/${name.slice(0, 80)}` }
    ustar(bytes, 0, entry, extended, { type: 'x', mode: 0o644, size: records.length, link: '' })
    putRaw(bytes, tarBlock, records, records.length)
  }
  const { mode, size, link = '' } = entry
  const main = { type: typeFlags[entry.kind], mode, size, link }
  ustar(bytes, bodyEnd, entry, split ?? { prefix: '', name: name.slice(0, 100) }, main)
  return bytes
}

/** What a ustar header has no room for, as records of an extended header; raw, '' for nothing. */
function recordsOf(entry: Entry, name: string, isLong: boolean): string {
  const { link = '', user, group, mtime, xattrs } = entry
  let records = isLong ? record('path', name) : ''
  if (link.length > 100) records += record('linkpath', link)
  if (entry.size > 0o77777777777) records += record('size', String(entry.size))
  if (entry.uid > 0o7777777) records += record('uid', String(entry.uid))
  if (entry.gid > 0o7777777) records += record('gid', String(entry.gid))
  if (user.length > 10 && Buffer.byteLength(user) > 31) records += record('uname', rawFromText(user))
  if (group.length > 10 && Buffer.byteLength(group) > 31) records += record('gname', rawFromText(group))
  const seconds = secondsOf(mtime)
  if (mtime.includes('.') || seconds < 0 || seconds > 0o77777777777) records += record('mtime', mtime)
  if (xattrs)
    for (const [key, value] of Object.entries(xattrs)) {
      const content = Buffer.from(value, 'base64').toString('latin1')
      records += record(`SCHILY.xattr.${attributeKey(key)}`, content)
    }
  // Readers expect UTF-8 in extended headers unless told that the bytes are meant as they are.
  const asBytes = records !== '' && (rawToText(name) === null || rawToText(link) === null)
  return asBytes ? record('hdrcharset', 'BINARY') + records : records
}

/** Of the digits before the point alone: with nine behind it, a double may round to the next second. */
const secondsOf = (mtime: string): number => parseInt(mtime, 10)

/** `length key=value\n`, where the length counts itself. Key and value are raw. */
function record(key: string, value: string): string {
  const rest = ` ${key}=${value}\n`
  let length = rest.length
  while (String(length).length + rest.length !== length) length = String(length).length + rest.length
  return `${length}${rest}`
}

/** ustar holds 100 bytes of name, and 155 more of folders before a slash. Null when neither is enough. */
function splitName(name: string): { prefix: string; name: string } | null {
  if (name.length <= 100) return { prefix: '', name }
  if (name.length > 256) return null
  const slash = name.lastIndexOf('/', Math.min(155, name.length - 2))
  if (slash < 1 || name.length - slash - 1 > 100) return null
  return { prefix: name.slice(0, slash), name: name.slice(slash + 1) }
}

/** Writes a header into empty space at `at`. Its bytes are summed up as they are written: the header holds their sum. */
function ustar(
  into: Buffer,
  at: number,
  { mtime, uid, gid, user, group, device }: Entry,
  { prefix, name }: { prefix: string; name: string },
  { type, mode, size, link }: { type: string; mode: number; size: number; link: string },
): void {
  let sum = spacesForTheSum
  sum += putRaw(into, at, name, 100)
  sum += putOctal(into, at + 100, 7, mode)
  sum += putOctal(into, at + 108, 7, uid)
  sum += putOctal(into, at + 116, 7, gid)
  sum += putOctal(into, at + 124, 11, size)
  sum += putOctal(into, at + 136, 11, Math.min(0o77777777777, secondsOf(mtime)))
  sum += putRaw(into, at + 156, type, 1)
  sum += putRaw(into, at + 157, link, 100)
  sum += putRaw(into, at + 257, 'ustar\0' + '00', 8)
  sum += putRaw(into, at + 265, rawFromShort(user), 31)
  sum += putRaw(into, at + 297, rawFromShort(group), 31)
  sum += putOctal(into, at + 329, 7, device?.[0] ?? 0)
  sum += putOctal(into, at + 337, 7, device?.[1] ?? 0)
  sum += putRaw(into, at + 345, prefix, 155)
  putOctal(into, at + 148, 6, sum)
  into[at + 155] = 0x20
}

/** The field of the sum counts as if it held spaces. */
const spacesForTheSum = 8 * 0x20

/** Writes at most `room` bytes of a raw string and answers their sum. A loop: a native call costs more than such a few. */
function putRaw(into: Buffer, at: number, text: string, room: number): number {
  let sum = 0
  const length = Math.min(text.length, room)
  for (let i = 0; i < length; i++) {
    const byte = text.charCodeAt(i) & 0xff
    into[at + i] = byte
    sum += byte
  }
  return sum
}

/** Writes the last `digits` octal digits of a number that is not negative, or 0, and answers the sum of these bytes. */
function putOctal(into: Buffer, at: number, digits: number, value: number): number {
  let sum = 0
  let left = Math.max(0, value)
  for (let i = digits - 1; i >= 0; i--) {
    // Sizes take more than the 32 bits of shifts.
    const rest = Math.floor(left / 8)
    const byte = 0x30 + left - rest * 8
    into[at + i] = byte
    sum += byte
    left = rest
  }
  return sum
}

/** The first 31 bytes of a name in UTF-8. */
const rawFromShort = (text: string): string => rawFromText(text).slice(0, 31)

/** `=` ends a key, so GNU tar writes it, and what it escapes with, as it stands here. */
const attributeKey = (key: string): string => key.replaceAll('%', '%25').replaceAll('=', '%3D')
