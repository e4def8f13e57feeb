import { closeSync, constants, lstatSync, mkdirSync, openSync } from 'node:fs'
import type { RawPath } from '../archive/raw-path.ts'
import { rawToBuffer } from '../archive/raw-path.ts'
import { makeFolders } from '../state/make-folders.ts'

/** Folders held open at once from the root down; deeper ones are walked to again. A hostile path has thousands. */
const heldDepth = 64

/** A folder on the way down; a released one has to be walked to again. */
type Link = { name: string; fd: number; path: string; released: boolean }

/** Thrown when a link, or anything else, stands where a folder of the target has to be. */
export class NotAFolder extends Error {}

/**
 * The folders below a target, never reached through a link. On Linux each folder is opened from its parent and held,
 * so that nobody can exchange it for a link between the look and the use; elsewhere each component is looked at
 * before it is used, and the short race in between is accepted.
 */
export class TargetTree {
  private readonly root: string
  private readonly descends: boolean
  /** Open folders from the root to the last one used. */
  private readonly chain: Link[] = []
  private readonly shared: RawPath
  /** The folder last found absent: many entries below it are looked for in turn. */
  private absent: RawPath | null = null

  /**
   * @param root raw absolute path; made, with its parents, when a folder is first needed for writing
   * @param shared folder whose path, made here, no entry describes: it gets the modes that this user's folders get
   */
  constructor(root: RawPath, shared: RawPath = '') {
    this.root = root === '' ? '/' : root
    this.shared = shared
    this.descends = process.platform === 'linux'
  }

  /**
   * A path to the folder `relative`, to which `/name` can be added for one call. Without `make`, one that was absent
   * when last looked for may be told so again without another look.
   * @returns null when it is not there and `make` is false
   * @throws NotAFolder, or an error of `node:fs`
   */
  folder(relative: RawPath, make: boolean): string | null {
    if (make) this.absent = null
    else if (this.absent !== null && isWithin(relative, this.absent)) return null
    const names = relative === '' ? [] : relative.split('/')
    if (this.chain.length === 0 && !this.openRoot(make)) {
      this.absent = ''
      return null
    }
    let depth = 0
    while (depth < names.length && this.chain[depth + 1]?.name === names[depth]) depth++
    while (this.chain[depth]!.released) depth--
    this.closeBelow(depth)
    for (; depth < names.length; depth++) {
      const path = names.slice(0, depth + 1).join('/')
      const mode = this.shared === path || this.shared.startsWith(`${path}/`) ? 0o777 : 0o700
      if (!this.step(this.chain[depth]!, names[depth]!, make ? mode : null)) {
        this.absent = path
        return null
      }
      if (depth > heldDepth) this.release(this.chain[depth]!)
    }
    return this.chain[names.length]!.path
  }

  close(): void {
    this.closeBelow(-1)
  }

  private openRoot(make: boolean): boolean {
    const path = rawToBuffer(this.root)
    if (make) makeFolders(this.root, 0o755, rawToBuffer)
    try {
      // The target itself is the operator's choice: it may be a link.
      if (!this.descends) {
        lstatSync(path)
        this.chain.push({ name: '', fd: -1, path: this.root, released: false })
      } else {
        const fd = openSync(path, constants.O_RDONLY | constants.O_DIRECTORY)
        this.chain.push({ name: '', fd, path: `/proc/self/fd/${fd}`, released: false })
      }
      return true
    } catch (err) {
      if ((err as NodeJS.ErrnoException).code === 'ENOENT' && !make) return false
      throw err
    }
  }

  /** @param mode of a folder that has to be made: nobody else looks into it before its own mode is set at the end */
  private step(parent: Link, name: string, mode: number | null): boolean {
    const path = `${parent.path}/${name}`
    for (;;) {
      try {
        this.chain.push(this.descends ? this.enter(name, path) : this.look(name, path))
        return true
      } catch (err) {
        const { code } = err as NodeJS.ErrnoException
        if (code === 'ELOOP' || code === 'ENOTDIR')
          throw new NotAFolder('a link or a file stands where a folder has to be')
        if (code !== 'ENOENT') throw err
        if (mode === null) return false
        mkdirSync(rawToBuffer(path), { mode })
      }
    }
  }

  private enter(name: string, path: string): Link {
    const fd = openSync(rawToBuffer(path), constants.O_RDONLY | constants.O_DIRECTORY | constants.O_NOFOLLOW)
    return { name, fd, path: `/proc/self/fd/${fd}`, released: false }
  }

  private look(name: string, path: string): Link {
    if (!lstatSync(rawToBuffer(path)).isDirectory())
      throw new NotAFolder('a link or a file stands where a folder has to be')
    return { name, fd: -1, path, released: false }
  }

  private closeBelow(depth: number): void {
    while (this.chain.length > depth + 1) {
      const { fd, released } = this.chain.pop()!
      if (fd >= 0 && !released) closeSync(fd)
    }
  }

  private release(link: Link): void {
    if (link.fd < 0 || link.released) return
    closeSync(link.fd)
    link.released = true
  }
}

const isWithin = (path: RawPath, folder: RawPath): boolean =>
  folder === '' || path === folder || path.startsWith(`${folder}/`)

/** Folder and name of a path; '' is the root. */
export function splitPath(path: RawPath): { folder: RawPath; name: string } {
  const slash = path.lastIndexOf('/')
  return { folder: slash < 0 ? '' : path.slice(0, slash), name: path.slice(slash + 1) }
}
