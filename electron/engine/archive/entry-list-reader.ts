import { createHash } from 'node:crypto'
import { createReadStream } from 'node:fs'
import { open, rename, rm, stat } from 'node:fs/promises'
import { join } from 'node:path'
import { pipeline } from 'node:stream/promises'
import { createZstdDecompress } from 'node:zlib'
import { z } from 'zod'
import { EngineError, fromFsError } from '../engine-error.ts'
import type { ObjectStore } from '../store/object-store.ts'
import { openStream } from './age/age-reader.ts'
import type { DecryptWith } from './age/key.ts'
import type { Entry } from './entry.ts'
import { blockLine, decodeEntry } from './entry-line.ts'
import type { BackupFile } from './manifest.ts'
import { makeFolders } from '../state/make-folders.ts'
import { spareFolder } from './spare-folder.ts'

/** The first line of an entry list: what the manifest of an encrypted point may not tell. */
export const listHead = z.object({
  drydockEntries: z.literal(1),
  /** The base of the entry paths, absolute; absent for a command's output. */
  base: z.string().optional(),
  paths: z.array(z.string()).optional(),
})
export type ListHead = z.infer<typeof listHead>

/** Longest line taken: a path of 4 KiB, a link of 4 KiB and 64 KiB of attributes fit many times. */
const maxLine = 4 * 1024 * 1024

/**
 * Fetches an entry list into `folder` unless it lies there, under its hash as name: a list never changes.
 * When the disk of `folder` is full, it goes to the system's folder for temporary files: reading a point is how an
 * operator gets out of such trouble.
 * @returns the path of the local file, whose hash has been compared
 * @throws EngineError `data.missing`, `data.damaged`, or `local.full` when there is no room anywhere
 */
export async function fetchEntryList(
  store: ObjectStore,
  file: BackupFile,
  folder: string,
  signal: AbortSignal | undefined,
): Promise<string> {
  try {
    return await fetchInto(folder, store, file, signal)
  } catch (err) {
    if (!(err instanceof EngineError && err.code === 'local.full')) throw err
    return await fetchInto(spareFolder(), store, file, signal)
  }
}

async function fetchInto(
  folder: string,
  store: ObjectStore,
  file: BackupFile,
  signal: AbortSignal | undefined,
): Promise<string> {
  const { name, size, sha256 } = file.entries
  const local = join(folder, `${sha256}.entries`)
  const known = await stat(local).catch(() => null)
  if (known?.size === size) return local
  const partial = `${local}.${process.pid}.${Math.random().toString(36).slice(2)}`
  const hash = createHash('sha256')
  try {
    makeFolders(folder, 0o700)
    const handle = await open(partial, 'wx', 0o600)
    try {
      for await (const piece of store.read(name, { offset: 0, length: size }, { signal })) {
        hash.update(piece)
        await handle.write(piece)
      }
    } finally {
      await handle.close()
    }
    if (hash.digest('hex') !== sha256)
      throw new EngineError('data.damaged', 'entries.read', {
        subject: name,
        detail: 'its hash is not the one in the manifest',
      })
    await rename(partial, local)
    return local
  } catch (err) {
    await rm(partial, { force: true })
    signal?.throwIfAborted()
    if (err instanceof EngineError && err.code === 'remote.not-found')
      throw new EngineError('data.missing', 'entries.read', {
        subject: name,
        detail: 'the entry list is gone from the server',
        cause: err,
      })
    throw fromFsError(err, 'entries.read', name)
  }
}

export type ListItem = { head: ListHead } | { block: number; at: number; size: number } | { entry: Entry }

/** Reads a fetched list line by line: its head, the blocks, the entries. */
export async function* readEntryList(
  local: string,
  file: BackupFile,
  secret: DecryptWith | undefined,
  signal?: AbortSignal,
): AsyncGenerator<ListItem> {
  const subject = file.entries.name
  const bad = (detail: string, cause?: unknown) =>
    new EngineError('data.format', 'entries.read', { subject, detail, cause })
  const zstd = createZstdDecompress()
  const stored = createReadStream(local, { highWaterMark: 256 * 1024 })
  const opened = file.encryption
    ? (pieces: AsyncIterable<Uint8Array>) => openStream(pieces, secret ?? {}, subject)
    : passOn
  let failure: unknown
  const flow = pipeline(stored, opened, zstd, signal ? { signal } : {}).catch((err: unknown) => {
    failure = err
  })
  let rest = ''
  let number = 0
  try {
    const decoder = new TextDecoder('utf-8', { fatal: true })
    for await (const piece of zstd as AsyncIterable<Uint8Array>) {
      const lines = (rest + decoder.decode(piece, { stream: true })).split('\n')
      rest = lines.pop() ?? ''
      if (rest.length > maxLine) throw bad('a line without end')
      for (const line of lines) yield item(line, ++number)
    }
    await flow
    if (failure) throw failure as Error
    if (rest !== '') throw bad('cut off in a line')
  } catch (err) {
    signal?.throwIfAborted()
    await flow
    const cause = failure instanceof EngineError ? failure : err
    if (cause instanceof EngineError) throw cause
    throw bad('cannot be read', cause)
  } finally {
    zstd.destroy()
    stored.destroy()
  }

  function item(line: string, at: number): ListItem {
    try {
      if (line.startsWith('{"block":')) return blockLine.parse(JSON.parse(line))
      if (line.startsWith('{"drydockEntries":')) return { head: listHead.parse(JSON.parse(line)) }
      return { entry: decodeEntry(line) }
    } catch (err) {
      throw bad(`line ${at} is not one`, err)
    }
  }
}

async function* passOn(pieces: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array> {
  yield* pieces
}
