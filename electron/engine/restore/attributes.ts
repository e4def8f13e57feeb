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

/** Sets owner, mode and time of what was restored. Owners only as root: nobody else may give files away. */
export class Attributes {
  private readonly options: Pick<RestoreOptions, 'numericIds' | 'special'>
  private readonly isRoot = process.getuid?.() === 0
  private readonly numbers = readOwnerNumbers()

  constructor(options: Pick<RestoreOptions, 'numericIds' | 'special'>) {
    this.options = options
  }

  /** @returns what was left out, in words, or null */
  onFile(fd: number, entry: Entry): string | null {
    // The owner first: giving a file away clears its setuid bit.
    if (this.isRoot) fchownSync(fd, this.uid(entry), this.gid(entry))
    fchmodSync(fd, this.mode(entry))
    futimesSync(fd, Number(entry.mtime), Number(entry.mtime))
    return this.mode(entry) === entry.mode
      ? null
      : 'setuid or setgid bit not restored; --special as root restores it'
  }

  onLink(path: Buffer, entry: Entry): void {
    if (this.isRoot) lchownSync(path, this.uid(entry), this.gid(entry))
    lutimesSync(path, Number(entry.mtime), Number(entry.mtime))
  }

  /** FIFOs and devices. */
  onNode(path: Buffer, entry: Entry): void {
    if (this.isRoot) chownSync(path, this.uid(entry), this.gid(entry))
    chmodSync(path, this.mode(entry))
    utimesSync(path, Number(entry.mtime), Number(entry.mtime))
  }

  onFolder(path: Buffer, entry: Entry): void {
    if (this.isRoot) chownSync(path, this.uid(entry), this.gid(entry))
    // setgid on a folder hands its group on to new files: it grants nothing, and shared folders need it.
    chmodSync(path, entry.mode & 0o3777)
    utimesSync(path, Number(entry.mtime), Number(entry.mtime))
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
