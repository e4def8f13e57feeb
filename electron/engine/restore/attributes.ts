import {
  chmodSync,
  chownSync,
  fchmodSync,
  fchownSync,
  futimesSync,
  lchownSync,
  lutimesSync,
  utimesSync,
} from 'node:fs'
import type { Entry } from '../archive/entry.ts'
import { readOwnerNumbers } from '../source/files/owners.ts'
import type { RestoreOptions } from './options.ts'

/**
 * Calls that set one attribute each, by what they set. Times are handed over as texts: the runtime takes a negative
 * number, a time before 1970, for now.
 */
type Steps = Partial<Record<'owner' | 'mode' | 'time', () => void>>

/**
 * Sets owner, mode and time of what was restored. Owners only as root: nobody else may give files away. Each method
 * answers what was left out, in words, or null: content that is right is worth keeping on a disk without owners.
 */
export class Attributes {
  private readonly options: Pick<RestoreOptions, 'numericIds' | 'special'>
  private readonly isRoot = process.getuid?.() === 0
  private readonly numbers = readOwnerNumbers()

  constructor(options: Pick<RestoreOptions, 'numericIds' | 'special'>) {
    this.options = options
  }

  onFile(fd: number, entry: Entry): string | null {
    const mode = this.mode(entry)
    const failed = this.each({
      // The owner first: giving a file away clears its setuid bit.
      owner: () => fchownSync(fd, this.uid(entry), this.gid(entry)),
      mode: () => fchmodSync(fd, mode),
      time: () => futimesSync(fd, entry.mtime, entry.mtime),
    })
    return (
      failed ??
      (mode === entry.mode ? null : 'setuid or setgid bit not restored; --special as root restores it')
    )
  }

  onLink(path: Buffer, entry: Entry): string | null {
    return this.each({
      owner: () => lchownSync(path, this.uid(entry), this.gid(entry)),
      time: () => lutimesSync(path, entry.mtime, entry.mtime),
    })
  }

  /** FIFOs and devices. */
  onNode(path: Buffer, entry: Entry): string | null {
    return this.each({
      owner: () => chownSync(path, this.uid(entry), this.gid(entry)),
      mode: () => chmodSync(path, this.mode(entry)),
      time: () => utimesSync(path, entry.mtime, entry.mtime),
    })
  }

  onFolder(path: Buffer, entry: Entry): string | null {
    return this.each({
      owner: () => chownSync(path, this.uid(entry), this.gid(entry)),
      // setgid on a folder hands its group on to new files: it grants nothing, and shared folders need it.
      mode: () => chmodSync(path, entry.mode & 0o3777),
      time: () => utimesSync(path, entry.mtime, entry.mtime),
    })
  }

  private each(steps: Steps): string | null {
    const failed: string[] = []
    for (const [what, step] of Object.entries(steps)) {
      if (what === 'owner' && !this.isRoot) continue
      try {
        step()
      } catch (err) {
        failed.push(`${what} (${(err as NodeJS.ErrnoException).code ?? String(err)})`)
      }
    }
    return failed.length === 0 ? null : `not set: ${failed.join(', ')}`
  }

  private mode(entry: Entry): number {
    return this.options.special && this.isRoot ? entry.mode : entry.mode & 0o1777
  }

  private uid(entry: Entry): number {
    return (!this.options.numericIds && entry.user ? this.numbers.uid(entry.user) : null) ?? entry.uid
  }

  private gid(entry: Entry): number {
    return (!this.options.numericIds && entry.group ? this.numbers.gid(entry.group) : null) ?? entry.gid
  }
}
