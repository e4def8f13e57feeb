import { randomBytes } from 'node:crypto'

/** Without i, l, o and u, so that an id read over the phone arrives. */
const alphabet = '0123456789abcdefghjkmnpqrstvwxyz'
/** Tails of four are from before the milliseconds were part of an id. */
const pattern = /^\d{8}T\d{6}Z-(?:[0-9a-hjkmnp-tv-z]{4}|[0-9a-hjkmnp-tv-z]{6})$/

/**
 * An id that sorts by time and is a folder name everywhere: `20261120T095728Z-k3f7xw`. The first two letters of
 * its tail are the milliseconds, so that runs of one second are listed in their order too; four are random.
 * @param now ms since 1970 UTC
 */
export function newRunId(now: number, random: (bytes: number) => Uint8Array = randomBytes): string {
  const stamp = new Date(now)
    .toISOString()
    .replace(/\.\d+Z$/, 'Z')
    .replace(/[-:]/g, '')
  const ms = now % 1000
  let tail = letter(ms >> 5) + letter(ms)
  for (const byte of random(4)) tail += letter(byte)
  return `${stamp}-${tail}`
}

/** The letter for the low five bits of `value`. */
function letter(value: number): string {
  return alphabet.charAt(value & 31)
}

/** Whether `text` is a whole id. Anything else never becomes part of a path. */
export function isRunId(text: string): boolean {
  return pattern.test(text)
}
