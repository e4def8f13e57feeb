import { lstatSync, readdirSync } from 'node:fs'
import type { RawPath } from '../../archive/raw-path.ts'
import { rawToBuffer } from '../../archive/raw-path.ts'
import { paddingOf, tarBlock } from '../../archive/tar/header.ts'

/** A header and, because times have fractions, its extended header with a block of records. */
const headerBytes = 3 * tarBlock

/**
 * What the tar stream of a tree will come to, for progress and for cutting volumes. Leaner than the walk that archives:
 * it runs beside it. What cannot be looked at counts nothing; the walk reports it.
 */
export function estimateTree(
  base: RawPath,
  roots: readonly RawPath[],
  isExcluded: (path: RawPath) => boolean,
): { bytes: number; files: number } {
  let bytes = 0
  let files = 0
  const visit = (path: RawPath, isFolder: boolean, isFile: boolean) => {
    if (path !== '' && isExcluded(path)) return
    const full = rawToBuffer(path === '' ? base || '/' : `${base}/${path}`)
    try {
      bytes += headerBytes
      if (isFile) {
        const { size } = lstatSync(full)
        bytes += size + paddingOf(size)
        files++
      }
      if (isFolder)
        for (const entry of readdirSync(full, { encoding: 'latin1', withFileTypes: true }))
          visit(path === '' ? entry.name : `${path}/${entry.name}`, entry.isDirectory(), entry.isFile())
    } catch {
      return // Vanished or not ours to read: an estimate can do without.
    }
  }
  for (const root of roots) {
    const found = lstatSync(rawToBuffer(root === '' ? base || '/' : `${base}/${root}`), {
      throwIfNoEntry: false,
    })
    visit(root, found?.isDirectory() ?? false, found?.isFile() ?? false)
  }
  return { bytes, files }
}
