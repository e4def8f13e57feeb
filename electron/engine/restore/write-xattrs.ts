import { execFileSync } from 'node:child_process'
import { closeSync, constants, openSync } from 'node:fs'
import type { Entry } from '../archive/entry.ts'
import type { RawPath } from '../archive/raw-path.ts'
import { rawToBuffer } from '../archive/raw-path.ts'
import type { RestoreOptions } from './options.ts'
import type { TargetTree } from './target-tree.ts'
import { splitPath } from './target-tree.ts'

/** Lines handed to the system's `setfattr` at once, and folders held open for them. */
const batchLines = 200
const batchFolders = 64

/** Names as `setfattr` takes them; anything else could end a line and begin another file. */
const plainName = /^(?:user|trusted|security|system)\.[\x21-\x3c\x3e-\x5b\x5d-\x7e]{1,255}$/
const base64 = /^[A-Za-z0-9+/]*={0,2}$/
/** Attributes that grant nothing which the mode could not. Capabilities make a program as mighty as setuid does. */
const harmless = /^(?:user\.|system\.posix_acl_(?:access|default)$)/

/**
 * Sets extended attributes and ACLs with the system's `setfattr`: the runtime has no call for them. Every file is
 * named through its opened folder, so that nothing outside the target is reached.
 */
export class XattrWriter {
  private readonly tree: TargetTree
  private readonly special: boolean
  private readonly folders = new Map<RawPath, number>()
  private lines: string[] = []
  private waiting: RawPath[] = []
  private missing = false
  private readonly report: (path: RawPath, detail: string) => void

  constructor(
    tree: TargetTree,
    options: Pick<RestoreOptions, 'special'>,
    report: (path: RawPath, detail: string) => void,
  ) {
    this.tree = tree
    this.special = options.special && process.getuid?.() === 0
    this.report = report
  }

  add(entry: Entry): void {
    const { folder, name } = splitPath(entry.path)
    const wanted = Object.entries(entry.xattrs ?? {})
    const odd = wanted.find(([key, value]) => !plainName.test(key) || !base64.test(value))
    if (odd) return this.report(entry.path, 'extended attributes refused: not names and values of attributes')
    const allowed = wanted.filter(([key]) => this.special || harmless.test(key))
    if (allowed.length < wanted.length)
      this.report(entry.path, 'attributes such as capabilities not restored; --special as root restores them')
    if (allowed.length === 0 || this.missing) return
    const fd = this.folderOf(folder)
    if (fd === null) return
    const shown = name.replace(
      /[^\x21-\x5b\x5d-\x7e]/g,
      c => `\\${c.charCodeAt(0).toString(8).padStart(3, '0')}`,
    )
    const values = allowed.map(([key, value]) => `${key}=0s${value}\n`).join('')
    this.lines.push(`# file: /proc/${process.pid}/fd/${fd}/${shown}\n${values}\n`)
    this.waiting.push(entry.path)
    if (this.lines.length >= batchLines) this.flush()
  }

  flush(): void {
    if (this.lines.length > 0 && !this.missing) this.write(this.lines.join(''))
    for (const fd of this.folders.values()) closeSync(fd)
    this.folders.clear()
    this.lines = []
    this.waiting = []
  }

  private folderOf(folder: RawPath): number | null {
    const known = this.folders.get(folder)
    if (known !== undefined) return known
    if (this.folders.size >= batchFolders) this.flush()
    const path = this.tree.folder(folder, false)
    if (path === null) return null
    const fd = openSync(rawToBuffer(path), constants.O_RDONLY | (constants.O_DIRECTORY ?? 0))
    this.folders.set(folder, fd)
    return fd
  }

  private write(input: string): void {
    try {
      execFileSync('setfattr', ['-h', '--restore=-'], {
        input,
        stdio: ['pipe', 'ignore', 'pipe'],
        env: { ...process.env, LC_ALL: 'C' },
        maxBuffer: 4 * 1024 * 1024,
      })
    } catch (err) {
      const { code, stderr } = err as NodeJS.ErrnoException & { stderr?: Buffer }
      const [first = this.waiting[0] ?? ''] = this.waiting
      if (code === 'ENOENT') {
        this.missing = true
        return this.report(
          first,
          'extended attributes and ACLs are not restored: the system’s setfattr is not installed',
        )
      }
      const complaints = (stderr?.toString() ?? String(err)).trim().split('\n')
      for (const complaint of complaints) {
        const [, name, why] = /\/fd\/\d+\/(.*): ([^:]+)$/.exec(complaint) ?? []
        const path = this.waiting.find(raw => splitPath(raw).name === name) ?? first
        this.report(path, `extended attributes and ACLs are not all restored: ${why ?? complaint}`)
      }
    }
  }
}
