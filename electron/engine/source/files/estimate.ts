import { lstatSync, readdirSync } from 'node:fs'
import type { RawPath } from '../../archive/raw-path.ts'
import { rawToFs } from '../../archive/raw-path.ts'
import { paddingOf, tarBlock } from '../../archive/tar/header.ts'
import type { Estimate } from './messages.ts'

/** A header and, because times have fractions, its extended header with a block of records. */
const headerBytes = 3 * tarBlock

/**
 * What the tar stream of a tree will come to, for progress and for cutting volumes. Leaner than the walk that archives:
 * it runs beside it, and hands the thread back after each folder. What cannot be looked at counts nothing; the walk
 * reports it.
 */
export function* estimating(
  base: RawPath,
  roots: readonly RawPath[],
  isExcluded: (path: RawPath) => boolean,
): Generator<void, Estimate> {
  const total = { bytes: 0, files: 0 }
  const folders: RawPath[] = []
  const full = (path: RawPath) => rawToFs(path === '' ? base || '/' : `${base}/${path}`)
  const count = (path: RawPath, isFolder: boolean, isFile: boolean) => {
    if (path !== '' && isExcluded(path)) return
    total.bytes += headerBytes
    if (isFolder) folders.push(path)
    if (!isFile) return
    const found = lstatSync(full(path), { throwIfNoEntry: false })
    if (!found) return
    total.bytes += found.size + paddingOf(found.size)
    total.files++
  }
  for (const root of roots) {
    const found = lstatSync(full(root), { throwIfNoEntry: false })
    count(root, found?.isDirectory() ?? false, found?.isFile() ?? false)
  }
  for (let folder = folders.pop(); folder !== undefined; folder = folders.pop()) {
    const parent = folder === '' ? '' : `${folder}/`
    try {
      for (const entry of readdirSync(full(folder), { encoding: 'latin1', withFileTypes: true }))
        count(parent + entry.name, entry.isDirectory(), entry.isFile())
    } catch {
      // Vanished or not ours to read: an estimate can do without.
    }
    yield
  }
  return total
}
