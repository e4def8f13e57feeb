import { open } from 'node:fs/promises'
import { join } from 'node:path'
import { fromFsError } from '../../../engine-error.ts'

export const terminalLogName = 'terminal.log'

/**
 * A piece of a run's terminal log, whole characters only; what is not there yet is empty.
 * @param from offset in bytes, 0 or an earlier `next` @param maxBytes at least 4: no character is longer
 * @returns `next`: where to ask again; `size`: of the log now
 * @throws EngineError `local.*`
 */
export async function readTerminal(
  folder: string,
  from: number,
  maxBytes: number,
): Promise<{ text: string; next: number; size: number }> {
  const file = join(folder, terminalLogName)
  let handle
  try {
    handle = await open(file, 'r')
  } catch (err) {
    if ((err as { code?: string }).code === 'ENOENT') return { text: '', next: from, size: 0 }
    throw fromFsError(err, 'director.terminal', file)
  }
  try {
    const { size } = await handle.stat()
    if (from >= size) return { text: '', next: from, size }
    const bytes = Buffer.alloc(Math.min(Math.max(maxBytes, 4), size - from))
    const { bytesRead } = await handle.read(bytes, 0, bytes.length, from)
    const begin = firstWhole(bytes.subarray(0, bytesRead))
    const end = lastWhole(bytes.subarray(0, bytesRead))
    return {
      text: bytes.toString('utf8', begin, Math.max(begin, end)),
      next: from + Math.max(begin, end),
      size,
    }
  } catch (err) {
    throw fromFsError(err, 'director.terminal', file)
  } finally {
    await handle.close()
  }
}

const continues = (byte: number | undefined) => byte !== undefined && (byte & 0xc0) === 0x80

function firstWhole(bytes: Buffer): number {
  let at = 0
  while (at < 3 && continues(bytes[at])) at++
  return at
}

/** The end of the last character that is whole. */
function lastWhole(bytes: Buffer): number {
  let start = bytes.length - 1
  while (start > bytes.length - 4 && continues(bytes[start])) start--
  const first = bytes[start]
  if (first === undefined) return bytes.length
  const length = first >= 0xf0 ? 4 : first >= 0xe0 ? 3 : first >= 0xc0 ? 2 : 1
  return start + length > bytes.length ? start : bytes.length
}
