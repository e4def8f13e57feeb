import { closeSync, constants, lstatSync, mkdirSync, openSync } from 'node:fs'
import type { RawPath } from '../archive/raw-path.ts'
import { rawToBuffer } from '../archive/raw-path.ts'

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
  private readonly chain: { name: string; fd: number; path: string }[] = []
  /** Folders that were made here; their final modes come last. */
  readonly made = new Set<RawPath>()

  /** @param root raw absolute path; made, with its parents, when a folder is first needed for writing */
  constructor(root: RawPath) {
    this.root = root === '' ? '/' : root
    this.descends = process.platform === 'linux'
  }

  /**
   * A path to the folder `relative`, to which `/name` can be added for one call.
   * @returns null when it is not there and `make` is false
   * @throws NotAFolder, or an error of `node:fs`
   */
  folder(relative: RawPath, make: boolean): string | null {
    const names = relative === '' ? [] : relative.split('/')
    if (this.chain.length === 0 && !this.openRoot(make)) return null
    let depth = 0
    while (depth < names.length && this.chain[depth + 1]?.name === names[depth]) depth++
    this.closeBelow(depth)
    for (; depth < names.length; depth++) {
      const parent = this.chain[depth]!
      const name = names[depth]!
      if (!this.step(parent.path, name, make)) return null
      if (make && this.lastMade) this.made.add(names.slice(0, depth + 1).join('/'))
    }
    return this.chain[names.length]!.path
  }
  private lastMade = false

  close(): void {
    this.closeBelow(-1)
  }

  private openRoot(make: boolean): boolean {
    const path = rawToBuffer(this.root)
    if (make) mkdirSync(path, { recursive: true, mode: 0o755 })
    try {
      // The target itself is the operator's choice: it may be a link.
      if (!this.descends) {
        lstatSync(path)
        this.chain.push({ name: '', fd: -1, path: this.root })
      } else {
        const fd = openSync(path, constants.O_RDONLY | constants.O_DIRECTORY)
        this.chain.push({ name: '', fd, path: `/proc/self/fd/${fd}` })
      }
      return true
    } catch (err) {
      if ((err as NodeJS.ErrnoException).code === 'ENOENT' && !make) return false
      throw err
    }
  }

  private step(parent: string, name: string, make: boolean): boolean {
    this.lastMade = false
    const path = `${parent}/${name}`
    for (;;) {
      try {
        this.chain.push(this.descends ? this.enter(name, path) : this.look(name, path))
        return true
      } catch (err) {
        const { code } = err as NodeJS.ErrnoException
        if (code === 'ELOOP' || code === 'ENOTDIR')
          throw new NotAFolder('a link or a file stands where a folder has to be')
        if (code !== 'ENOENT') throw err
        if (!make) return false
        // Nobody else looks into it before its own mode is set at the end.
        mkdirSync(rawToBuffer(path), { mode: 0o700 })
        this.lastMade = true
      }
    }
  }

  private enter(name: string, path: string) {
    const fd = openSync(rawToBuffer(path), constants.O_RDONLY | constants.O_DIRECTORY | constants.O_NOFOLLOW)
    return { name, fd, path: `/proc/self/fd/${fd}` }
  }

  private look(name: string, path: string) {
    if (!lstatSync(rawToBuffer(path)).isDirectory())
      throw new NotAFolder('a link or a file stands where a folder has to be')
    return { name, fd: -1, path }
  }

  private closeBelow(depth: number): void {
    while (this.chain.length > depth + 1) {
      const { fd } = this.chain.pop()!
      if (fd >= 0) closeSync(fd)
    }
  }
}

/** Folder and name of a path; '' is the root. */
export function splitPath(path: RawPath): { folder: RawPath; name: string } {
  const slash = path.lastIndexOf('/')
  return { folder: slash < 0 ? '' : path.slice(0, slash), name: path.slice(slash + 1) }
}
