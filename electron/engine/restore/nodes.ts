import { execFileSync } from 'node:child_process'
import { linkSync, lstatSync, symlinkSync, unlinkSync } from 'node:fs'
import type { Entry } from '../archive/entry.ts'
import type { RawPath } from '../archive/raw-path.ts'
import { rawToBuffer, rawToText } from '../archive/raw-path.ts'
import type { Attributes } from './attributes.ts'
import { NotAFolder, TargetTree, splitPath } from './target-tree.ts'

/** Makes what is no file and no folder: links, FIFOs, devices. They come last, so that nothing is written through them. */
export class NodeMaker {
  private readonly tree: TargetTree
  /** `tree` holds one folder at a time; the first name of a hard link is reached through another. */
  private readonly sources: TargetTree
  private readonly attributes: Attributes
  /** Files that hard links may be made to: restored in this run, or found equal by it. */
  private readonly linkable: ReadonlySet<RawPath>

  constructor(tree: TargetTree, target: RawPath, attributes: Attributes, linkable: ReadonlySet<RawPath>) {
    this.tree = tree
    this.sources = new TargetTree(target)
    this.attributes = attributes
    this.linkable = linkable
  }

  make(entry: Entry, replace: boolean): void {
    const { folder, name } = splitPath(entry.path)
    const place = `${this.tree.folder(folder, true)!}/${name}`
    const path = rawToBuffer(place)
    if (replace) remove(path)
    switch (entry.kind) {
      case 'symlink':
        symlinkSync(rawToBuffer(entry.link ?? ''), path)
        return this.attributes.onLink(path, entry)
      case 'hardlink':
        return linkSync(this.firstName(entry.link ?? ''), path)
      case 'fifo':
        this.run('mkfifo', ['-m', '600', '--', shownToChild(place)])
        return this.attributes.onNode(path, entry)
      default: {
        const [major, minor] = entry.device ?? [0, 0]
        const type = entry.kind === 'char-device' ? 'c' : 'b'
        this.run('mknod', ['-m', '600', '--', shownToChild(place), type, String(major), String(minor)])
        this.attributes.onNode(path, entry)
      }
    }
  }

  close(): void {
    this.sources.close()
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

  // The runtime has no call for these.
  private run(command: string, args: string[]): void {
    execFileSync(command, args, { stdio: 'ignore' })
  }
}

function remove(path: Buffer): void {
  const there = lstatSync(path, { throwIfNoEntry: false })
  if (!there) return
  if (there.isDirectory()) throw new NotAFolder('a folder stands there')
  unlinkSync(path)
}

/** `/proc/self` is another process for a child; arguments are text. */
function shownToChild(path: string): string {
  const text = rawToText(path.replace('/proc/self/', `/proc/${process.pid}/`))
  if (text === null) throw new Error('a name that is not UTF-8 cannot be given to the system’s command')
  return text
}
