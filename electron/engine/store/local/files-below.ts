import type { Dirent } from 'node:fs'
import { lstat, opendir } from 'node:fs/promises'
import { join } from 'node:path'
import type { VendorObject } from '../object-store.ts'

/** Deeper than any repository goes. */
const deepest = 16

/** The files below a folder at any depth, links left out and not followed; nothing when it is not there. */
export async function* filesBelow(
  root: string,
  signal: AbortSignal | undefined,
): AsyncGenerator<VendorObject> {
  const there = await lstat(root).catch(() => null)
  if (!there?.isDirectory()) return
  const folders: string[][] = [[]]
  for (let at = folders.pop(); at; at = folders.pop()) {
    for await (const found of await opendir(join(root, ...at))) {
      signal?.throwIfAborted()
      const path = [...at, found.name]
      if (found.isDirectory() && path.length < deepest) folders.push(path)
      const file = found.isFile() ? await fileAt(root, path, found) : null
      if (file) yield file
    }
  }
}

async function fileAt(root: string, path: string[], { name }: Dirent): Promise<VendorObject | null> {
  // It may be gone by now: the vendor's tool writes and removes while we look.
  const info = await lstat(join(root, ...path)).catch(() => null)
  return info && name !== '' ? { path: path.join('/'), size: info.size, modified: info.mtimeMs } : null
}
