/** Packet types of SFTP version 3. */
export const packet = {
  init: 1,
  version: 2,
  open: 3,
  close: 4,
  read: 5,
  write: 6,
  fstat: 8,
  fsetstat: 10,
  status: 101,
  handle: 102,
  data: 103,
  attrs: 105,
  extended: 200,
} as const

export const openFlags = { r: 1, 'r+': 1 | 2 } as const
const attrHas = { size: 1, owner: 2, mode: 4, times: 8 } as const
/** Bytes of a write request before its handle and after it. */
const beforeHandle = 13
const afterHandle = 12

/** A request with its length, type and number. Its fields are numbers of 32 bits or strings. */
export function request(type: number, id: number, fields: readonly (number | Buffer | string)[]): Buffer {
  const parts = fields.map(field => (typeof field === 'string' ? Buffer.from(field) : field))
  const size = parts.reduce<number>((sum, part) => sum + 4 + (typeof part === 'number' ? 0 : part.length), 5)
  const bytes = Buffer.allocUnsafe(4 + size)
  bytes.writeUInt32BE(size, 0)
  bytes.writeUInt8(type, 4)
  bytes.writeUInt32BE(id, 5)
  let at = 9
  for (const part of parts) {
    at = bytes.writeUInt32BE(typeof part === 'number' ? part : part.length, at)
    if (typeof part !== 'number') at += part.copy(bytes, at)
  }
  return bytes
}

/** A number of 64 bits as two fields. */
export const wide = (value: number): [number, number] => [Math.floor(value / 2 ** 32), value % 2 ** 32]

/** The fields of an attribute block that sets only the size. */
export const onlySize = (size: number): number[] => [attrHas.size, ...wide(size)]

export const writeOverhead = (handle: Buffer): number => beforeHandle + handle.length + afterHandle

/** Puts a write request at the beginning of `into`; answers its length. */
export function putWrite(into: Buffer, id: number, handle: Buffer, position: number, bytes: Buffer): number {
  const total = writeOverhead(handle) + bytes.length
  into.writeUInt32BE(total - 4, 0)
  into.writeUInt8(packet.write, 4)
  into.writeUInt32BE(id, 5)
  into.writeUInt32BE(handle.length, 9)
  let at = beforeHandle + handle.copy(into, beforeHandle)
  for (const half of wide(position)) at = into.writeUInt32BE(half, at)
  at = into.writeUInt32BE(bytes.length, at)
  bytes.copy(into, at)
  return total
}

/** The string at the beginning of a reply's body. @throws RangeError when it is cut off. */
export function stringAt(body: Buffer, at: number): Buffer {
  const length = body.readUInt32BE(at)
  if (at + 4 + length > body.length) throw new RangeError('a string is cut off')
  return body.subarray(at + 4, at + 4 + length)
}

/** @throws RangeError when the attributes are cut off, or have no size. */
export function readAttrs(body: Buffer): { size: number; mtime: number | undefined } {
  const has = body.readUInt32BE(0)
  if (!(has & attrHas.size)) throw new RangeError('no size')
  const size = body.readUInt32BE(4) * 2 ** 32 + body.readUInt32BE(8)
  const times = 12 + (has & attrHas.owner ? 8 : 0) + (has & attrHas.mode ? 4 : 0)
  return { size, mtime: has & attrHas.times ? body.readUInt32BE(times + 4) : undefined }
}
