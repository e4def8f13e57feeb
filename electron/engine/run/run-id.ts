import { randomBytes } from 'node:crypto'

/** Without i, l, o and u, so that an id read over the phone arrives. */
const alphabet = '0123456789abcdefghjkmnpqrstvwxyz'
const pattern = /^\d{8}T\d{6}Z-[0-9a-hjkmnp-tv-z]{4}$/

/**
 * An id that sorts by time and is a folder name everywhere: `20261120T095728Z-k3f7`.
 * @param now ms since 1970 UTC
 */
export function newRunId(now: number, random: (bytes: number) => Uint8Array = randomBytes): string {
  const stamp = new Date(now)
    .toISOString()
    .replace(/\.\d+Z$/, 'Z')
    .replace(/[-:]/g, '')
  let tail = ''
  for (const byte of random(4)) tail += alphabet[byte % alphabet.length]
  return `${stamp}-${tail}`
}

/** Whether `text` is a whole id. Anything else never becomes part of a path. */
export function isRunId(text: string): boolean {
  return pattern.test(text)
}
