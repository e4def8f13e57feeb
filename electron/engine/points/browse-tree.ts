import type { Entry, EntryKind } from '../archive/entry.ts'
import type { RawPath } from '../archive/raw-path.ts'
import { EngineError } from '../engine-error.ts'

/** Entries of one point at most: ten million take some 700 MB here, and none of ours comes near. */
const mostNodes = 10_000_000
const kinds = ['file', 'folder', 'symlink', 'hardlink', 'fifo', 'char-device', 'block-device'] as const
const folderKind = kinds.indexOf('folder')
const fileKind = kinds.indexOf('file')

/** An entry as the tree knows it: paths raw, `mtime` in ms since 1970 (null: not known). */
export type TreeEntry = {
  path: RawPath
  kind: EntryKind
  size: number
  mtime: number | null
  mode: number
  link?: RawPath
  inside?: { entries: number; folders: number; files: number; bytes: number }
}

/**
 * The entries of a point as a tree, in columns of numbers and one room of bytes instead of a million objects: some 70
 * bytes for each. Folders that no entry describes (the way down to what was backed up) stand in it as well. Of two
 * entries with one path the later counts, as in a tar archive.
 */
export class EntryTree {
  private count = 1
  private room = 1024
  private bytes = Buffer.allocUnsafeSlow(64 * 1024)
  private used = 0
  private nameAt = new Uint32Array(this.room)
  private nameLength = new Uint16Array(this.room)
  private linkLength = new Uint16Array(this.room)
  private parent = new Uint32Array(this.room)
  private kind = new Uint8Array(this.room)
  private mode = new Uint16Array(this.room)
  private size = new Float64Array(this.room)
  private mtime = new Float64Array(this.room)
  /** Nodes by parent and name, open addressing; 0 is free, as the root is never looked up. */
  private table = new Uint32Array(4096)
  /** The folder of the entry before: lists go folder by folder. */
  private lastFolder: { path: RawPath; node: number } = { path: '', node: 0 }
  private sums: Sums | null = null

  constructor() {
    this.kind[0] = folderKind
    this.mtime[0] = NaN
  }

  /** Entries in it, those that only lie on the way among them. */
  get entries(): number {
    return this.count - 1
  }

  /** Adds an entry. Not after anything was asked. @throws EngineError `data.format` for more than any point can hold */
  add(entry: Pick<Entry, 'path' | 'kind' | 'size' | 'mtime' | 'mode' | 'link'>): void {
    const slash = entry.path.lastIndexOf('/')
    const folder = slash < 0 ? 0 : this.folderAt(entry.path.slice(0, slash))
    const node = this.enter(folder, entry.path.slice(slash + 1), entry.link ?? '')
    if (entry.link === undefined) this.linkLength[node] = 0
    this.kind[node] = kinds.indexOf(entry.kind)
    this.mode[node] = entry.mode
    this.size[node] = entry.size
    this.mtime[node] = Math.floor(Number(entry.mtime) * 1000)
  }

  /**
   * The entries directly in a folder: folders first, each sort by the bytes of its names.
   * @param folder '' is the top
   * @returns null when there is no such folder
   */
  children(folder: RawPath, from: number, limit: number): { entries: TreeEntry[]; total: number } | null {
    const node = this.find(folder)
    if (
      node === null ||
      (this.kind[node] !== folderKind && this.of.first[node]! === this.of.first[node + 1]!)
    )
      return null
    const list = this.sorted(node)
    const prefix = folder === '' ? '' : `${folder}/`
    const entries = Array.from(list.subarray(from, from + limit), child =>
      this.describe(child, prefix + this.name(child)),
    )
    return { entries, total: list.length }
  }

  /**
   * Goes through all entries, each folder before what is in it.
   * @param wanted answers how well an entry fits: 2 comes before 1, 0 is left out
   * @returns at most `limit`, and whether there are more
   */
  matching(
    wanted: (path: RawPath, name: RawPath) => 0 | 1 | 2,
    limit: number,
  ): { entries: TreeEntry[]; more: boolean } {
    const best: TreeEntry[] = []
    const rest: TreeEntry[] = []
    const stack: { node: number; path: RawPath }[] = [{ node: 0, path: '' }]
    for (let next = stack.pop(); next && best.length <= limit; next = stack.pop()) {
      const { node, path } = next
      if (node !== 0) {
        const fits = wanted(path, this.name(node))
        const list = fits === 2 ? best : rest
        if (fits > 0 && list.length <= limit) list.push(this.describe(node, path))
      }
      if (this.of.first[node] === this.of.first[node + 1]) continue
      const children = this.sorted(node)
      const prefix = node === 0 ? '' : `${path}/`
      for (let i = children.length - 1; i >= 0; i--)
        stack.push({ node: children[i]!, path: prefix + this.name(children[i]!) })
    }
    const all = [...best, ...rest]
    return { entries: all.slice(0, limit), more: all.length > limit }
  }

  private describe(node: number, path: RawPath): TreeEntry {
    const ms = this.mtime[node]!
    const links = this.linkLength[node]!
    const linkAt = this.nameAt[node]! + this.nameLength[node]!
    const { of } = this
    return {
      path,
      kind: kinds[this.kind[node]!]!,
      size: this.size[node]!,
      mtime: Number.isNaN(ms) ? null : ms,
      mode: this.mode[node]!,
      ...(links > 0 ? { link: this.bytes.toString('latin1', linkAt, linkAt + links) } : {}),
      ...(this.kind[node] === folderKind
        ? {
            inside: {
              entries: of.first[node + 1]! - of.first[node]!,
              folders: of.folders[node]!,
              files: of.files[node]!,
              bytes: of.bytes[node]!,
            },
          }
        : {}),
    }
  }

  private name(node: number): RawPath {
    const at = this.nameAt[node]!
    return this.bytes.toString('latin1', at, at + this.nameLength[node]!)
  }

  private find(path: RawPath): number | null {
    let node = 0
    if (path !== '')
      for (const name of path.split('/')) {
        const found = this.look(node, name)
        if (found === 0) return null
        node = found
      }
    return node
  }

  private folderAt(path: RawPath): number {
    if (path === this.lastFolder.path) return this.lastFolder.node
    let node = 0
    for (const name of path.split('/')) node = this.look(node, name) || this.enter(node, name, '')
    this.lastFolder = { path, node }
    return node
  }

  private look(parent: number, name: RawPath): number {
    const mask = this.table.length - 1
    for (let slot = hash(parent, name) & mask; ; slot = (slot + 1) & mask) {
      const node = this.table[slot]!
      if (node === 0 || (this.parent[node] === parent && this.isNamed(node, name))) return node
    }
  }

  private isNamed(node: number, name: RawPath): boolean {
    const length = this.nameLength[node]!
    if (length !== name.length) return false
    const at = this.nameAt[node]!
    for (let i = 0; i < length; i++) if (this.bytes[at + i] !== name.charCodeAt(i)) return false
    return true
  }

  /** The node of that name, made when it is not there. Until its entry comes it is a folder nobody described. */
  private enter(parent: number, name: RawPath, link: RawPath): number {
    const known = this.look(parent, name)
    if (known !== 0 && link === '') return known
    if (this.count >= mostNodes || name.length > 0xffff || link.length > 0xffff)
      throw new EngineError('data.format', 'entries.read', { detail: 'more than any point holds' })
    const node = known || this.count++
    if (node >= this.room) this.grow()
    this.hold(name.length + link.length)
    this.nameAt[node] = this.used
    this.nameLength[node] = name.length
    this.linkLength[node] = link.length
    this.used += this.bytes.write(name, this.used, 'latin1')
    this.used += this.bytes.write(link, this.used, 'latin1')
    if (known) return node
    this.parent[node] = parent
    this.kind[node] = folderKind
    this.mtime[node] = NaN
    this.place(node, hash(parent, name))
    if (this.count * 2 > this.table.length) {
      this.table = new Uint32Array(this.table.length * 2)
      for (let old = 1; old < this.count; old++) this.place(old, hash(this.parent[old]!, this.name(old)))
    }
    return node
  }

  private place(node: number, at: number): void {
    const mask = this.table.length - 1
    let slot = at & mask
    while (this.table[slot] !== 0) slot = (slot + 1) & mask
    this.table[slot] = node
  }

  private grow(): void {
    this.room *= 2
    const wider = <T extends Uint8Array | Uint16Array | Uint32Array | Float64Array>(old: T, made: T): T => {
      made.set(old)
      return made
    }
    this.nameAt = wider(this.nameAt, new Uint32Array(this.room))
    this.nameLength = wider(this.nameLength, new Uint16Array(this.room))
    this.linkLength = wider(this.linkLength, new Uint16Array(this.room))
    this.parent = wider(this.parent, new Uint32Array(this.room))
    this.kind = wider(this.kind, new Uint8Array(this.room))
    this.mode = wider(this.mode, new Uint16Array(this.room))
    this.size = wider(this.size, new Float64Array(this.room))
    this.mtime = wider(this.mtime, new Float64Array(this.room))
  }

  private hold(more: number): void {
    if (this.used + more <= this.bytes.length) return
    const length = Math.max(this.bytes.length * 2, this.used + more)
    if (length > 2 ** 32)
      throw new EngineError('data.format', 'entries.read', { detail: 'more than any point holds' })
    const wider = Buffer.allocUnsafeSlow(length)
    this.bytes.copy(wider, 0, 0, this.used)
    this.bytes = wider
  }

  /** Children by parent, and what folders hold; made when first asked for. */
  private get of(): Sums {
    if (this.sums) return this.sums
    const first = new Uint32Array(this.count + 1)
    const folders = new Uint32Array(this.count)
    const files = new Uint32Array(this.count)
    const bytes = new Float64Array(this.count)
    for (let node = 1; node < this.count; node++) first[this.parent[node]! + 1]!++
    for (let node = 0; node < this.count; node++) first[node + 1]! += first[node]!
    const next = first.slice()
    const list = new Uint32Array(this.count - 1)
    for (let node = 1; node < this.count; node++) list[next[this.parent[node]!]!++] = node
    // A parent is made before its children: from the end each one is whole before it is added to its parent.
    for (let node = this.count - 1; node > 0; node--) {
      const parent = this.parent[node]!
      if (this.kind[node] === folderKind) folders[parent]!++
      files[parent]! += files[node]! + (this.kind[node] === fileKind ? 1 : 0)
      bytes[parent]! += bytes[node]! + (this.kind[node] === fileKind ? this.size[node]! : 0)
    }
    this.sums = { first, list, folders, files, bytes, inOrder: new Uint8Array(this.count) }
    return this.sums
  }

  /** The children of a node in their order; sorted when first asked for. */
  private sorted(node: number): Uint32Array {
    const { first, list, inOrder } = this.of
    const part = list.subarray(first[node], first[node + 1])
    if (inOrder[node] === 0) {
      part.sort((a, b) => this.compare(a, b))
      inOrder[node] = 1
    }
    return part
  }

  private compare(a: number, b: number): number {
    const folders = Number(this.kind[b] === folderKind) - Number(this.kind[a] === folderKind)
    if (folders !== 0) return folders
    const atA = this.nameAt[a]!
    const atB = this.nameAt[b]!
    return this.bytes.compare(this.bytes, atB, atB + this.nameLength[b]!, atA, atA + this.nameLength[a]!)
  }
}

type Sums = {
  /** Where the children of each node begin in `list`. */
  first: Uint32Array
  list: Uint32Array
  folders: Uint32Array
  files: Uint32Array
  bytes: Float64Array
  inOrder: Uint8Array
}

/** FNV-1a over the parent's number and the name's bytes. */
function hash(parent: number, name: RawPath): number {
  let value = 0x811c9dc5 ^ parent
  value = Math.imul(value ^ (parent >>> 16), 0x01000193)
  for (let i = 0; i < name.length; i++) value = Math.imul(value ^ name.charCodeAt(i), 0x01000193)
  return (value ^ (value >>> 15)) >>> 0
}
