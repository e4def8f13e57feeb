import { randomBytes } from 'node:crypto'
import { constants } from 'node:fs'
import { mkdir, open, opendir, realpath, rename, stat, unlink, writeFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { goneFolder, goneParent } from '../../../../shared/failure-copy.ts'
import { EngineError, fromFsError } from '../../engine-error.ts'
import type {
  CallOptions,
  ObjectInfo,
  ObjectStore,
  ProbeReport,
  ReadOptions,
  StoreLimits,
  Transfer,
  Upload,
  UploadToken,
  VendorFolder,
  VendorObject,
} from '../object-store.ts'
import { isObjectName, partialMark, pieceBytes } from '../object-store.ts'
import type { LocalServer } from '../server-record.ts'
import { mostAbove, vendorAmong } from '../vendor-levels.ts'
import { vendorsOwn } from '../vendor-place.ts'
import { LocalUpload } from './local-upload.ts'
import { isFat32, linkInto, syncFolder } from './file-system.ts'
import { folderBefore, freshFolderCheck } from './fresh-folder.ts'
import { filesBelow } from './files-below.ts'
import { checkMedium } from './medium.ts'
import { probeLocal } from './local-probe.ts'

/** A backup holds what its sources keep from others: nobody but its owner reads it, whatever the umask says. */
const ownerOnly = 0o600
/** Files of a listing that are looked at at once: one after the other, ten thousand points take seconds. */
const statsAtOnce = 64

/** A folder on a local or removable disk. Another medium under the same path is refused, see `medium.ts`. */
export class LocalStore implements ObjectStore {
  readonly about: string
  readonly limits: StoreLimits
  private readonly record: LocalServer
  private checked: Promise<void> | null = null

  constructor(record: LocalServer) {
    this.record = record
    this.about = record.path
    const fat = record.learned['fileSystem'] === 'fat32' || isFat32(record.path)
    // FAT32 counts a file's length in 32 bits. 64 KiB below, because some drivers stop early.
    this.limits = {
      maxObjectBytes: fat ? 2 ** 32 - 64 * 1024 : Infinity,
      minPartBytes: 1,
      maxParts: Infinity,
    }
  }

  async *list(prefix: string, options: CallOptions = {}): AsyncGenerator<ObjectInfo> {
    await this.ready('server.list', options.signal)
    try {
      let names: string[] = []
      for await (const { name } of await opendir(this.record.path, { bufferSize: statsAtOnce })) {
        options.signal?.throwIfAborted()
        if (!name.startsWith(prefix) || !isObjectName(name) || name.includes(partialMark)) continue
        if (names.push(name) < statsAtOnce) continue
        yield* await this.statAll(names, options)
        names = []
      }
      yield* await this.statAll(names, options)
    } catch (err) {
      throw this.error(err, 'server.list', this.about)
    }
  }

  private async statAll(names: readonly string[], options: CallOptions): Promise<ObjectInfo[]> {
    const found = await Promise.all(names.map(name => this.stat(name, options)))
    return found.filter(info => info !== null)
  }

  async stat(name: string, options: CallOptions = {}): Promise<ObjectInfo | null> {
    await this.ready('server.stat', options.signal)
    try {
      const found = await stat(this.pathOf(name, 'server.stat'))
      return found.isFile() ? { name, size: found.size, modified: found.mtimeMs } : null
    } catch (err) {
      if ((err as NodeJS.ErrnoException).code === 'ENOENT') return null
      throw this.error(err, 'server.stat', name)
    }
  }

  async *read(
    name: string,
    range: { offset: number; length?: number },
    { signal, gate, into, within }: ReadOptions = {},
  ): AsyncGenerator<Uint8Array> {
    await this.ready('server.read', signal)
    const path = this.pathOf(name, 'server.read', within)
    let file
    try {
      // Without O_NOFOLLOW a planted link would let a "backup" be any file of this machine.
      file = await open(path, constants.O_RDONLY | (constants.O_NOFOLLOW ?? 0))
    } catch (err) {
      if ((err as NodeJS.ErrnoException).code === 'ENOENT')
        throw new EngineError('remote.not-found', 'server.read', { subject: name, cause: err })
      throw this.error(err, 'server.read', name)
    }
    try {
      const { size } = await file.stat()
      const end = range.length === undefined ? size : range.offset + range.length
      if (range.offset > size || end > size)
        throw new EngineError('data.missing', 'server.read', {
          subject: name,
          detail: `${end} bytes asked for, ${size} there`,
        })
      if (into && end - range.offset > into.length)
        throw new EngineError('remote.wrong-answer', 'server.read', {
          subject: name,
          detail: 'more bytes than were asked for',
        })
      let at = range.offset
      while (at < end) {
        const want = Math.min(pieceBytes, end - at)
        await gate?.(want)
        signal?.throwIfAborted()
        const from = at - range.offset
        const piece = into?.subarray(from, from + want) ?? Buffer.allocUnsafeSlow(want)
        const { bytesRead } = await file.read(piece, 0, want, at)
        if (bytesRead === 0) throw new EngineError('network.interrupted', 'server.read', { subject: name })
        at += bytesRead
        yield bytesRead === want ? piece : piece.subarray(0, bytesRead)
      }
    } catch (err) {
      throw this.error(err, 'server.read', name)
    } finally {
      await file.close()
    }
  }

  async put(name: string, body: Uint8Array, options: Transfer & { ifAbsent?: boolean } = {}): Promise<void> {
    await this.ready('server.put', options.signal)
    const path = this.pathOf(name, 'server.put')
    const partial = `${path}${partialMark}${randomBytes(6).toString('hex')}`
    try {
      await options.gate?.(body.length)
      await writeFile(partial, body, { flag: 'wx', mode: ownerOnly, flush: true, signal: options.signal })
      // A link refuses an existing name, a rename replaces it; both are one step.
      if (options.ifAbsent) await linkInto(partial, path)
      else await rename(partial, path)
      await syncFolder(this.record.path)
    } catch (err) {
      await unlink(partial).catch(() => {})
      throw this.error(err, 'server.put', name)
    }
    if (options.ifAbsent) await unlink(partial).catch(() => {})
  }

  async upload(name: string, options: CallOptions & { resume?: UploadToken } = {}): Promise<Upload> {
    await this.ready('server.upload', options.signal)
    const path = this.pathOf(name, 'server.upload')
    const tag = options.resume ? String(options.resume['tag']) : randomBytes(6).toString('hex')
    if (!/^[0-9a-f]{12}$/.test(tag))
      throw new EngineError('input.invalid', 'server.upload', { subject: name })
    const partial = `${path}${partialMark}${tag}`
    try {
      const file = await open(partial, options.resume ? 'r+' : 'wx+', ownerOnly)
      const { size } = await file.stat()
      return new LocalUpload({
        file,
        partial,
        path,
        folder: this.record.path,
        tag,
        size,
        failure: (e, d) => this.error(e, d, name),
      })
    } catch (err) {
      if ((err as NodeJS.ErrnoException).code === 'ENOENT')
        throw new EngineError('remote.not-found', 'server.upload', { subject: name, cause: err })
      throw this.error(err, 'server.upload', name)
    }
  }

  async remove(name: string, options: CallOptions = {}): Promise<void> {
    await this.ready('server.remove', options.signal)
    try {
      await unlink(this.pathOf(name, 'server.remove'))
    } catch (err) {
      if ((err as NodeJS.ErrnoException).code !== 'ENOENT') throw this.error(err, 'server.remove', name)
    }
  }

  async probe(options: CallOptions = {}): Promise<ProbeReport> {
    const { path, mediumId } = this.record
    try {
      // One that was added has been looked at then.
      const before = mediumId === undefined ? await folderBefore(path) : 'in-use'
      await this.ready('server.test', options.signal)
      const fresh = await freshFolderCheck(path, before)
      const report = await probeLocal(this, path)
      return fresh ? { ...report, checks: [fresh, ...report.checks] } : report
    } catch (err) {
      throw this.error(err, 'server.test', path)
    }
  }

  async vendorFolder({ signal }: CallOptions = {}): Promise<string | null> {
    const found = await this.vendors('server.list')
    // Nothing there may also mean that its disk is not.
    if (found === null) await this.ready('server.list', signal)
    return found
  }

  private async vendors(during: string): Promise<VendorFolder | null> {
    const there = async (level: string, folder: VendorFolder): Promise<boolean> => {
      try {
        return (await stat(join(level, folder))).isDirectory()
      } catch (err) {
        if (['ENOENT', 'ENOTDIR'].includes((err as NodeJS.ErrnoException).code ?? '')) return false
        throw this.error(err, during, this.about)
      }
    }
    const unseen = ['auth.denied', 'remote.failed'] as const
    const { path } = this.record
    // Where a link leads to counts as much as where it stands.
    const real = await realpath(path).catch(() => realpath(dirname(path)).catch(() => path))
    const found = await vendorAmong(levelsAbove(path), { there, unseen })
    return found ?? (real === path ? null : await vendorAmong(levelsAbove(real), { there, unseen }))
  }

  async *listVendor(folder: VendorFolder, { signal }: CallOptions = {}): AsyncGenerator<VendorObject> {
    await this.ready('server.list', signal)
    try {
      yield* filesBelow(join(this.record.path, folder), signal)
    } catch (err) {
      throw this.error(err, 'server.list', this.about)
    }
  }

  async close(): Promise<void> {}

  /** Makes the folder when only it is missing, and refuses another medium. Once per store that succeeded. */
  private ready(during: string, signal: AbortSignal | undefined): Promise<void> {
    signal?.throwIfAborted()
    this.checked ??= this.prepare(during).catch((err: unknown) => {
      this.checked = null
      throw err
    })
    return this.checked
  }

  private async prepare(during: string): Promise<void> {
    const { path, mediumId } = this.record
    try {
      const found = await stat(path).catch((err: NodeJS.ErrnoException) => {
        if (err.code === 'ENOENT') return null
        throw err
      })
      if (found && !found.isDirectory())
        throw new EngineError('remote.no-container', during, { subject: path, detail: 'not a folder' })
      // With a medium on record a missing folder means a missing medium: making one would fill the mount point.
      if (!found && mediumId)
        throw new EngineError('remote.no-container', during, {
          subject: path,
          detail: goneFolder,
        })
      if (!found) {
        const vendors = await this.vendors(during)
        if (vendors !== null) throw vendorsOwn(path, vendors, during)
        await mkdir(path, { mode: 0o700 })
      }
      await checkMedium(path, mediumId, during)
    } catch (err) {
      if ((err as NodeJS.ErrnoException).code === 'ENOENT')
        throw new EngineError('remote.no-container', during, {
          subject: path,
          detail: goneParent(dirname(path)),
          cause: err,
        })
      throw this.error(err, during, path)
    }
  }

  private pathOf(name: string, during: string, within: VendorFolder | '' = ''): string {
    if (!isObjectName(name))
      throw new EngineError('input.invalid', during, {
        subject: name,
        detail: 'not a name for a backup file',
      })
    return join(this.record.path, within, name)
  }

  /** Here the disk is the server: a full or read-only one is the server's fault, not this machine's. */
  private error(err: unknown, during: string, subject: string): EngineError {
    const error = fromFsError(err, during, subject)
    if (error === err) return error
    const code = serverSide[error.code] ?? error.code
    // Whatever was asked for, it is the folder that went away.
    const detail = (err as NodeJS.ErrnoException).code === 'ENOENT' ? goneFolder : error.detail
    return new EngineError(
      (err as NodeJS.ErrnoException).code === 'EEXIST' ? 'remote.exists' : code,
      during,
      {
        subject,
        ...(detail === undefined ? {} : { detail }),
        cause: err,
      },
    )
  }
}

function levelsAbove(path: string): string[] {
  const levels = [path]
  for (let at = path; levels.length <= mostAbove && dirname(at) !== at; at = dirname(at))
    levels.push(dirname(at))
  return levels
}

const serverSide: Partial<Record<EngineError['code'], EngineError['code']>> = {
  'local.full': 'remote.full',
  'local.denied': 'auth.denied',
  'local.not-found': 'remote.no-container',
  'local.io': 'remote.failed',
}
