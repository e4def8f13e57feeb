import { execFileSync } from 'node:child_process'
import { linkSync, lstatSync, symlinkSync } from 'node:fs'
import type { Entry } from '../archive/entry.ts'
import type { RawPath } from '../archive/raw-path.ts'
import { rawToBuffer } from '../archive/raw-path.ts'
import type { Attributes } from './attributes.ts'
import { placeNew, placeOver, unlinkQuietly } from './place.ts'
import { TargetTree, splitPath } from './target-tree.ts'

/** Makes what is no file and no folder: links, FIFOs, devices. They come last, so that nothing is written through them. */
export class NodeMaker {
  private readonly tree: TargetTree
  /** `tree` holds one folder at a time; the first name of a hard link is reached through another. */
  private readonly sources: TargetTree
  private readonly attributes: Attributes
  /** Files that hard links may be made to: restored in this run, or found equal by it. */
  private readonly linkable: ReadonlySet<RawPath>
  private readonly partialName: string

  /** @param partialName a name nobody else uses: nodes that replace something are made under it first */
  constructor(
    tree: TargetTree,
    target: RawPath,
    attributes: Attributes,
    linkable: ReadonlySet<RawPath>,
    partialName: string,
  ) {
    this.tree = tree
    this.sources = new TargetTree(target)
    this.attributes = attributes
    this.linkable = linkable
    this.partialName = partialName
  }

  /**
   * What stands there goes only when `replace` is set and the new one is ready; else it is `EEXIST`.
   * @returns what was left out of the attributes, in words, or null
   */
  make(entry: Entry, replace: boolean): string | null {
    const { folder, name } = splitPath(entry.path)
    const parent = this.tree.folder(folder, true)!
    const place = rawToBuffer(`${parent}/${name}`)
    const partial = rawToBuffer(`${parent}/${this.partialName}`)
    // Links are made in one step; the system's commands for the rest take no names that are not UTF-8.
    const direct = !replace && (entry.kind === 'symlink' || entry.kind === 'hardlink')
    if (direct) return this.create(entry, place, parent)
    unlinkQuietly(partial)
    try {
      const leftOut = this.create(entry, partial, parent)
      if (replace) placeOver(partial, place)
      else placeNew(partial, place)
      return leftOut
    } finally {
      unlinkQuietly(partial)
    }
  }

  /** For a link that an earlier process has made, and perhaps not finished. */
  finish(entry: Entry): string | null {
    const { folder, name } = splitPath(entry.path)
    const parent = this.tree.folder(folder, false)
    if (parent === null || entry.kind !== 'symlink') return null
    return this.attributes.onLink(rawToBuffer(`${parent}/${name}`), entry)
  }

  /** Whether a hard link stands already, made by an earlier process. */
  isLinked(entry: Entry): boolean {
    const { folder, name } = splitPath(entry.path)
    const parent = this.tree.folder(folder, false)
    const first = this.firstName(entry.link ?? '')
    const there =
      parent === null ? undefined : lstatSync(rawToBuffer(`${parent}/${name}`), { throwIfNoEntry: false })
    const source = lstatSync(first)
    return there !== undefined && there.ino === source.ino && there.dev === source.dev
  }

  close(): void {
    this.sources.close()
  }

  private create(entry: Entry, path: Buffer, parent: string): string | null {
    switch (entry.kind) {
      case 'symlink':
        symlinkSync(rawToBuffer(entry.link ?? ''), path)
        return this.attributes.onLink(path, entry)
      case 'hardlink':
        linkSync(this.firstName(entry.link ?? ''), path)
        return null
      case 'fifo':
        this.run('mkfifo', parent, [])
        return this.attributes.onNode(path, entry)
      default: {
        const [major, minor] = entry.device ?? [0, 0]
        this.run('mknod', parent, [entry.kind === 'char-device' ? 'c' : 'b', String(major), String(minor)])
        return this.attributes.onNode(path, entry)
      }
    }
  }

  /** Another file's second name would be a way out of the target: only files of this restore count. */
  private firstName(link: RawPath): Buffer {
    const { folder, name } = splitPath(link)
    const parent = this.linkable.has(link) ? this.sources.folder(folder, false) : null
    const path = parent === null ? null : rawToBuffer(`${parent}/${name}`)
    if (!path || !lstatSync(path, { throwIfNoEntry: false })?.isFile())
      throw new Error('the file it is another name of was not restored')
    return path
  }

  // The runtime has no call for these. `/proc/self` is another process for a child, so the folder is its own.
  private run(command: string, parent: string, args: string[]): void {
    const cwd = Buffer.from(parent.replace('/proc/self/', `/proc/${process.pid}/`), 'latin1').toString()
    execFileSync(command, ['-m', '600', '--', this.partialName, ...args], { cwd, stdio: 'ignore' })
  }
}
