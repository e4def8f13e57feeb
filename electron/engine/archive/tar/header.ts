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
  const link = entry.link ?? ''
  const records: Buffer[] = []
  const split = splitName(name)
  if (!split) records.push(record('path', name))
  if (link.length > 100) records.push(record('linkpath', link))
  if (entry.size > 0o77777777777) records.push(record('size', String(entry.size)))
  if (entry.uid > 0o7777777) records.push(record('uid', String(entry.uid)))
  if (entry.gid > 0o7777777) records.push(record('gid', String(entry.gid)))
  if (Buffer.byteLength(entry.user) > 31) records.push(record('uname', rawFromText(entry.user)))
  if (Buffer.byteLength(entry.group) > 31) records.push(record('gname', rawFromText(entry.group)))
  const seconds = Number(entry.mtime.split('.')[0])
  if (entry.mtime.includes('.') || seconds < 0 || seconds > 0o77777777777)
    records.push(record('mtime', entry.mtime))
  for (const [key, value] of Object.entries(entry.xattrs ?? {}))
    records.push(record(`SCHILY.xattr.${attributeKey(key)}`, Buffer.from(value, 'base64').toString('latin1')))
  // Readers expect UTF-8 in extended headers unless told that the bytes are meant as they are.
  if (records.length > 0 && (rawToText(name) === null || rawToText(link) === null))
    records.unshift(record('hdrcharset', 'BINARY'))

  const main = ustar(
    entry,
    split ?? { prefix: '', name: name.slice(0, 100) },
    typeFlags[entry.kind],
    entry.size,
  )
  if (records.length === 0) return main
  const body = Buffer.concat(records)
  const extended = ustar(
    { ...entry, mode: 0o644, link: '', kind: 'file' },
    { prefix: '', name: `PaxHeaders/${name.slice(0, 80)}` },
    'x',
    body.length,
  )
  return Buffer.concat([extended, body, Buffer.alloc(paddingOf(body.length)), main])
}

/** `length key=value\n`, where the length counts itself. Key and value are raw. */
function record(key: string, value: string): Buffer {
  const rest = Buffer.from(` ${key}=${value}\n`, 'latin1')
  let length = rest.length
  while (String(length).length + rest.length !== length) length = String(length).length + rest.length
  return Buffer.concat([Buffer.from(String(length)), rest])
}

/** ustar holds 100 bytes of name, and 155 more of folders before a slash. Null when neither is enough. */
function splitName(name: string): { prefix: string; name: string } | null {
  if (name.length <= 100) return { prefix: '', name }
  if (name.length > 256) return null
  const slash = name.lastIndexOf('/', Math.min(155, name.length - 2))
  if (slash < 1 || name.length - slash - 1 > 100) return null
  return { prefix: name.slice(0, slash), name: name.slice(slash + 1) }
}

function ustar(
  entry: Entry,
  { prefix, name }: { prefix: string; name: string },
  type: string,
  size: number,
): Buffer {
  const block = Buffer.alloc(tarBlock)
  const octal = (value: number, at: number, length: number) =>
    block.write(
      Math.max(0, value)
        .toString(8)
        .padStart(length - 1, '0')
        .slice(-(length - 1)),
      at,
      'latin1',
    )
  block.write(name, 0, 100, 'latin1')
  octal(entry.mode, 100, 8)
  octal(entry.uid, 108, 8)
  octal(entry.gid, 116, 8)
  octal(size, 124, 12)
  octal(Math.min(0o77777777777, Number(entry.mtime.split('.')[0])), 136, 12)
  block.fill(' ', 148, 156)
  block.write(type, 156, 'latin1')
  block.write((entry.link ?? '').slice(0, 100), 157, 100, 'latin1')
  block.write('ustar\0' + '00', 257, 'latin1')
  block.write(truncateUtf8(entry.user), 265, 31, 'latin1')
  block.write(truncateUtf8(entry.group), 297, 31, 'latin1')
  octal(entry.device?.[0] ?? 0, 329, 8)
  octal(entry.device?.[1] ?? 0, 337, 8)
  block.write(prefix, 345, 155, 'latin1')
  let sum = 0
  for (const byte of block) sum += byte
  block.write(`${sum.toString(8).padStart(6, '0')}\0 `, 148, 'latin1')
  return block
}

const truncateUtf8 = (text: string): string => Buffer.from(text).subarray(0, 31).toString('latin1')

/** `=` ends a key, so GNU tar writes it, and what it escapes with, as it stands here. */
const attributeKey = (key: string): string => key.replaceAll('%', '%25').replaceAll('=', '%3D')
