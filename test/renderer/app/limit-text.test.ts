import { describe, expect, it } from 'vitest'
import { limitText, readLimit } from '../../../renderer/app/limit-text.ts'

describe('a limit', () => {
  it.each(['abc', '', '0', '0 MB/s', '-3MB', '3 MB per s'])('is none when %j is typed', text =>
    expect(readLimit(text)).toBeNull(),
  )

  it.each([
    ['3 MB/s', 3_000_000],
    ['200 kB/s', 200_000],
    ['2 MiB/s', 2 * 1024 * 1024],
  ] as const)('reads %s, and shows it in the unit it was typed in', (text, bytes) => {
    expect(readLimit(text)).toBe(bytes)
    expect(limitText(bytes)).toBe(text)
  })
})
