import { appendFile, rename, stat } from 'node:fs/promises'
import { dirname } from 'node:path'
import type { Log } from '../ports.ts'
import { makeFolders } from '../state/make-folders.ts'

/** Where the file is put aside and begun anew, bytes; one older file is kept. */
const longestLog = 4 * 1024 * 1024
/** Lines that wait for the disk at most; more are left out. */
const mostWaiting = 1000

/**
 * A log of JSON lines in `file`, masked, bounded, readable by its owner only. Several processes may write it. Writing
 * never fails for the caller: a full disk must not take down what it tells about.
 */
export function fileLog(file: string, mask: (text: string) => string): Log {
  let waiting: string[] = []
  let writing: Promise<void> | undefined
  const write = async () => {
    while (waiting.length > 0) {
      const text = waiting.join('')
      waiting = []
      try {
        makeFolders(dirname(file), 0o700)
        const size = await stat(file).then(
          info => info.size,
          () => 0,
        )
        if (size > longestLog) await rename(file, `${file}.1`)
        await appendFile(file, text, { mode: 0o600 })
      } catch {
        // See above.
      }
    }
    writing = undefined
  }
  return (level, message, fields) => {
    if (waiting.length >= mostWaiting) return
    // Each text by itself: inside JSON a secret with a quote in it would not be recognised.
    const clean = (key: string, value: unknown) => {
      const text = plain(value)
      return typeof text === 'string' && key !== 'at' ? mask(text) : text
    }
    waiting.push(`${JSON.stringify({ at: new Date().toISOString(), level, message, ...fields }, clean)}\n`)
    writing ??= write()
  }
}

/** Errors as text with their causes: JSON would show them as `{}`. */
function plain(value: unknown): unknown {
  if (!(value instanceof Error)) return value
  const { cause } = value
  return { error: value.stack ?? value.message, ...(cause instanceof Error ? { cause: cause.message } : {}) }
}
