import { lstatSync, readFileSync } from 'node:fs'
import type { Entry } from '../archive/entry.ts'
import type { RawPath } from '../archive/raw-path.ts'
import { pathFromFields, rawToBuffer } from '../archive/raw-path.ts'
import { isEqual } from './decide.ts'
import type { LedgerLine } from './options.ts'
import type { TargetTree } from './target-tree.ts'
import { NotAFolder, splitPath } from './target-tree.ts'

/** Systems keep times to 100 ns or better, and a double of seconds to 0.24 µs. */
const sameTime = 1e-6

/**
 * Whether an earlier process of this run has put the file there, as far as the disk can tell: its content (when
 * `content` asks for that; else its size) and its time.
 */
export function standsThere(
  tree: TargetTree,
  entry: Entry,
  how: { content: boolean },
): 'absent' | 'as-made' | 'cut' | 'other' {
  const { folder, name } = splitPath(entry.path)
  try {
    const parent = tree.folder(folder, false)
    if (parent === null) return 'absent'
    const at = rawToBuffer(`${parent}/${name}`)
    const stat = lstatSync(at, { bigint: true, throwIfNoEntry: false })
    if (!stat) return 'absent'
    const timely = Math.abs(Number(stat.mtimeNs) / 1e9 - Number(entry.mtime)) <= sameTime
    if (how.content)
      return isEqual(entry, stat, at) && (timely || entry.kind !== 'file') ? 'as-made' : 'other'
    if (stat.isFile() && Number(stat.size) === entry.size) return 'as-made'
    // Our time but not our length: the machine went down before the content reached the disk.
    return stat.isFile() && timely ? 'cut' : 'other'
  } catch (err) {
    if (err instanceof NotAFolder) return 'other'
    throw err
  }
}

/** Paths that the ledger of an earlier process names as failed. */
export function failedBefore(ledger: string, bytes: number): Set<RawPath> {
  const failed = new Set<RawPath>()
  if (bytes === 0) return failed
  const text = readFileSync(ledger).subarray(0, bytes).toString('utf8')
  for (let at = text.indexOf('"action":"failed"'); at >= 0; at = text.indexOf('"action":"failed"', at + 1)) {
    const start = text.lastIndexOf('\n', at) + 1
    const end = text.indexOf('\n', at)
    const line = JSON.parse(text.slice(start, end < 0 ? undefined : end)) as LedgerLine
    if (line.action === 'failed') failed.add(pathFromFields(line))
  }
  return failed
}
