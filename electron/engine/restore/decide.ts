import { createHash } from 'node:crypto'
import type { BigIntStats } from 'node:fs'
import { closeSync, constants, lstatSync, openSync, readSync, readlinkSync } from 'node:fs'
import { MiB } from '../../../shared/units.ts'
import type { Entry } from '../archive/entry.ts'
import type { RawPath } from '../archive/raw-path.ts'
import { rawToBuffer } from '../archive/raw-path.ts'
import type { LedgerLine, RestoreOptions } from './options.ts'
import { collisionKey, unsafeReason } from './target-path.ts'
import type { TargetTree } from './target-tree.ts'
import { NotAFolder, splitPath } from './target-tree.ts'

export type Decision = { action: Exclude<LedgerLine['action'], 'failed'>; detail?: string }

/** Decides, entry by entry, what a restore does with it. Looks at the target, changes nothing. */
export class Decider {
  private readonly tree: TargetTree
  private readonly options: Pick<RestoreOptions, 'overwrite' | 'special'>
  private readonly platform: NodeJS.Platform
  /** Folded names, on systems that take some different names for one. */
  private readonly seen: Map<string, RawPath> | null
  /** Files found equal that have further names: a hard link to one may be there already. */
  private readonly equal = new Map<RawPath, { dev: bigint; ino: bigint }>()

  constructor(
    tree: TargetTree,
    options: Pick<RestoreOptions, 'overwrite' | 'special'>,
    platform: NodeJS.Platform = process.platform,
  ) {
    this.tree = tree
    this.options = options
    this.platform = platform
    this.seen = platform === 'win32' || platform === 'darwin' ? new Map() : null
  }

  /** @param path where the entry lands, relative to the target */
  decide(entry: Entry, path: RawPath): Decision {
    const unsafe = unsafeReason(path, this.platform) ?? this.unsafeLink(entry)
    if (unsafe) return { action: 'refuse', detail: unsafe }
    const twin = this.seen?.get(collisionKey(path))
    if (twin !== undefined && twin !== path)
      return { action: 'refuse', detail: 'another entry has the same name on this system' }
    this.seen?.set(collisionKey(path), path)
    if ((entry.kind === 'char-device' || entry.kind === 'block-device') && !this.options.special)
      return { action: 'refuse', detail: 'a device; restored only with --special, as root' }
    let there
    try {
      there = this.look(path)
    } catch (err) {
      if (err instanceof NotAFolder) return { action: 'refuse', detail: err.message }
      const { code } = err as NodeJS.ErrnoException
      return { action: 'refuse', detail: `${code ?? String(err)} when looking at the target` }
    }
    if (!there) return { action: 'create' }
    try {
      const decision = this.against(entry, there)
      if (decision.action === 'same' && entry.kind === 'file' && there.stat.nlink > 1n)
        this.equal.set(path, there.stat)
      return decision
    } catch (err) {
      return {
        action: 'refuse',
        detail: `${(err as NodeJS.ErrnoException).code ?? String(err)} when reading what stands there`,
      }
    }
  }

  private unsafeLink(entry: Entry): string | null {
    if (entry.kind !== 'hardlink') return null
    const reason = unsafeReason(entry.link ?? '', this.platform)
    return reason ? `a hard link to ${reason}` : null
  }

  private look(path: RawPath): { stat: BigIntStats; at: Buffer } | null {
    const { folder, name } = splitPath(path)
    const parent = this.tree.folder(folder, false)
    if (parent === null) return null
    const at = rawToBuffer(`${parent}/${name}`)
    const stat = lstatSync(at, { bigint: true, throwIfNoEntry: false })
    return stat ? { stat, at } : null
  }

  private against(entry: Entry, { stat, at }: { stat: BigIntStats; at: Buffer }): Decision {
    if (entry.kind === 'folder' && stat.isDirectory()) return { action: 'same' }
    const { overwrite } = this.options
    if (overwrite === 'never') return { action: 'leave', detail: 'something stands there' }
    if (stat.isDirectory())
      return { action: 'refuse', detail: 'a folder stands there; remove it first if it is to go' }
    if (entry.kind === 'folder')
      return {
        action: 'refuse',
        detail: 'it is a folder, and something else stands there; remove that first',
      }
    if (overwrite === 'always') return { action: 'replace' }
    if (overwrite === 'older') {
      const older = Number(stat.mtimeNs) / 1e9 < Number(entry.mtime) - 1e-6
      return older ? { action: 'replace' } : { action: 'leave', detail: 'not older' }
    }
    return this.isEqual(entry, stat, at) ? { action: 'same' } : { action: 'replace' }
  }

  private isEqual(entry: Entry, stat: BigIntStats, at: Buffer): boolean {
    if (entry.kind !== 'hardlink') return isEqual(entry, stat, at)
    const first = this.equal.get(entry.link ?? '')
    return first !== undefined && first.dev === stat.dev && first.ino === stat.ino
  }
}

/** Whether what stands there has the content of the entry: read and hashed, not guessed from size and time. */
export function isEqual(entry: Entry, stat: BigIntStats, at: Buffer): boolean {
  if (entry.kind === 'symlink') return stat.isSymbolicLink() && readlinkSync(at, 'latin1') === entry.link
  if (entry.kind === 'fifo') return stat.isFIFO()
  if (entry.kind !== 'file' || !stat.isFile() || Number(stat.size) !== entry.size) return false
  const fd = openSync(at, constants.O_RDONLY | (constants.O_NOFOLLOW ?? 0) | (constants.O_NONBLOCK ?? 0))
  try {
    const hash = createHash('sha256')
    const buffer = Buffer.allocUnsafeSlow(Math.min(MiB, Math.max(1, entry.size)))
    for (let at = 0; at < entry.size;) {
      const got = readSync(fd, buffer, 0, buffer.length, at)
      if (got === 0) return false
      hash.update(buffer.subarray(0, got))
      at += got
    }
    return hash.digest('hex') === entry.sha256
  } finally {
    closeSync(fd)
  }
}
