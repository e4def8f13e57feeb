import { mkdir, opendir, readdir, stat } from 'node:fs/promises'
import { homedir, userInfo } from 'node:os'
import { dirname, isAbsolute, join, resolve } from 'node:path'
import type { Dirent } from 'node:fs'
import type { OutputOf } from '../../../shared/contract/index.ts'
import { EngineError, fromFsError } from '../engine-error.ts'
import type { HandlersOf } from './handlers.ts'

type Listed = OutputOf<'folder.list'>['entries'][number]

/** How many entries go out at once. */
const most = 1000
/** How many names are read to choose them from: a folder of millions must not fill the memory. */
const mostRead = 50_000

/** The folders of this machine: a page in a browser has no dialog of its own for them. */
export function folderHandlers(): HandlersOf<'folder'> {
  return {
    'folder.list': async ({ path: asked, files, hidden }, signal) => {
      const path = asked === null ? homedir() : absolute(asked, 'folder.list')
      const found: Listed[] = []
      let cut = false
      try {
        let read = 0
        for await (const entry of await opendir(path)) {
          signal.throwIfAborted()
          if (++read > mostRead) {
            cut = true
            break
          }
          if (!hidden && entry.name.startsWith('.')) continue
          const kind = await kindOf(path, entry)
          if (kind === 'folder' || (kind === 'file' && files))
            found.push({ name: entry.name, path: join(path, entry.name), kind })
        }
      } catch (err) {
        throw fromFsError(err, 'folder.list', path)
      }
      found.sort((a, b) => (a.kind === b.kind ? byName(a.name, b.name) : a.kind === 'folder' ? -1 : 1))
      const parent = dirname(path)
      return {
        path,
        parent: parent === path ? null : parent,
        entries: found.slice(0, most),
        more: cut || found.length > most,
        roots: await roots(),
      }
    },
    'folder.create': async ({ path: asked }) => {
      const path = absolute(asked, 'folder.create')
      try {
        await mkdir(path)
      } catch (err) {
        if ((err as { code?: string }).code === 'EEXIST')
          throw new EngineError('input.invalid', 'folder.create', {
            subject: path,
            detail: 'there is something of this name already',
          })
        throw fromFsError(err, 'folder.create', path)
      }
    },
  }
}

function absolute(path: string, during: string): string {
  if (isAbsolute(path)) return resolve(path)
  throw new EngineError('input.invalid', during, {
    subject: 'path',
    detail: 'a whole path, from the root on',
  })
}

/** A link counts as what it leads to; null for what is neither folder nor file, or leads nowhere. */
async function kindOf(folder: string, entry: Dirent): Promise<'folder' | 'file' | null> {
  if (entry.isDirectory()) return 'folder'
  if (entry.isFile()) return 'file'
  if (!entry.isSymbolicLink()) return null
  const target = await stat(join(folder, entry.name)).catch(() => null)
  return target?.isDirectory() ? 'folder' : target?.isFile() ? 'file' : null
}

/** Where to begin: the home folder, the root or the drives, and disks that were plugged in. */
async function roots(): Promise<string[]> {
  if (process.platform === 'win32') {
    const letters = Array.from({ length: 24 }, (_, i) => `${String.fromCharCode(67 + i)}:\\`)
    const there = await Promise.all(
      letters.map(drive =>
        stat(drive).then(
          () => [drive],
          () => [],
        ),
      ),
    )
    return [homedir(), ...there.flat()]
  }
  const user = userInfo().username
  const places = [`/media/${user}`, `/run/media/${user}`, '/mnt', '/Volumes']
  const plugged = await Promise.all(
    places.map(async place => {
      const entries = await readdir(place, { withFileTypes: true }).catch(() => [])
      return entries.filter(entry => entry.isDirectory()).map(entry => join(place, entry.name))
    }),
  )
  return [homedir(), '/', ...plugged.flat().slice(0, 20)]
}

const byName = new Intl.Collator('en', { numeric: true }).compare
