/** What the first block of a tar says of its first entry. */
export type TarHeader = {
  name: string
  /** When it was last changed, ms since 1970 UTC. */
  modified: number
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
  return { name: text(block.subarray(0, 100)), modified: octal(136, 148) * 1000 }
}

function text(field: Uint8Array): string {
  const end = field.indexOf(0)
  return Buffer.from(end < 0 ? field : field.subarray(0, end)).toString('latin1')
}
