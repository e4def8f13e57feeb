/** What a header block of a tar says of its entry. */
export type TarHeader = {
  /** As it stands there: without what an entry before it may say of a longer one. */
  name: string
  /** When it was last changed, ms since 1970 UTC. */
  modified: number
  /** Bytes that follow, without what fills their last block; NaN when that cannot be read. */
  size: number
  /** Whether it is a file with content of its own, and no folder, link or device. */
  regular: boolean
  /** Whether what follows is the name of the next entry, or holds it. */
  namesNext: boolean
}

/** Reads a block as a tar header by its checksum, which older forms without `ustar` have too; null for anything else. */
export function tarHeader(block: Uint8Array): TarHeader | null {
  if (block.length < 512 || block[0] === 0) return null
  const octal = (from: number, to: number): number =>
    Number.parseInt(text(block.subarray(from, to)).trim() || 'x', 8)
  let sum = 0
  // The checksum's own field counts as blanks.
  for (let at = 0; at < 512; at++) sum += at >= 148 && at < 156 ? 0x20 : (block[at] ?? 0)
  if (octal(148, 156) !== sum) return null
  const name = text(block.subarray(0, 100))
  const type = String.fromCharCode(block[156] ?? 0)
  return {
    ...{ name, modified: octal(136, 148) * 1000, size: octal(124, 136) },
    // Older forms know a folder only by its name. S: with holes.
    regular: '\x000'.includes(type) ? !name.endsWith('/') : '7S'.includes(type),
    namesNext: 'Lx'.includes(type),
  }
}

function text(field: Uint8Array): string {
  const end = field.indexOf(0)
  return Buffer.from(end < 0 ? field : field.subarray(0, end)).toString('latin1')
}
