import { createHash } from 'node:crypto'
import type { DirectorPoint } from '../../../../../shared/contract/director.ts'
import { EngineError } from '../../../engine-error.ts'
import type { ObjectStore } from '../../../store/object-store.ts'
import type { ContentFlag } from './archive-check.ts'
import { ArchiveCheck } from './archive-check.ts'

export type DirectorFile = DirectorPoint['files'][number]

/** A backup file that was read to its end. `size` is what really came. */
export type ReadFile = DirectorFile & { sha256: string; flags: ContentFlag[] }

export type ReadFilesOptions = {
  signal: AbortSignal
  /** Hears of every piece that was read, in bytes; awaited, so that it can hold the reading up. */
  tally?: ((bytes: number) => void | Promise<void>) | undefined
}

/**
 * Hands on the bytes of a backup file and judges them as they pass: hash, and whether it can be unpacked to its end.
 * Never more bytes than the list said. The result comes at the end of the loop, or through `told`.
 * @throws EngineError as `ObjectStore.read`
 */
export async function* checkedBytes(
  store: ObjectStore,
  file: DirectorFile,
  options: ReadFilesOptions & { told: (read: ReadFile) => void },
): AsyncGenerator<Uint8Array> {
  const hash = createHash('sha256')
  const check = new ArchiveCheck(file.component, file.name)
  let size = 0
  try {
    const range = { offset: 0, length: file.size }
    for await (const piece of store.read(file.name, range, { signal: options.signal })) {
      hash.update(piece)
      size += piece.length
      await check.feed(piece)
      await options.tally?.(piece.length)
      options.signal.throwIfAborted()
      yield piece
    }
    const flag = await check.finish()
    options.told({ ...file, size, sha256: hash.digest('hex'), flags: flag ? [flag] : [] })
  } finally {
    check.destroy()
  }
}

/**
 * Reads a backup file whole; a file that is not (wholly) there is a flag.
 * @throws EngineError for a server that fails otherwise
 */
export async function readFile(
  store: ObjectStore,
  file: DirectorFile,
  options: ReadFilesOptions,
): Promise<Omit<ReadFile, 'sha256'> & { sha256: string | null }> {
  let read: ReadFile | null = null
  try {
    for await (const _ of checkedBytes(store, file, { ...options, told: done => (read = done) }));
    return read ?? { ...file, sha256: null, flags: [] }
  } catch (err) {
    return { ...file, sha256: null, flags: [absent(err)] }
  }
}

/**
 * Reads the five files of a run one after the other, each whole, to where they are to go.
 * @param to takes the bytes of one file to their end
 * @throws EngineError `data.damaged` for a file that is not whole, is none of its kind, or is not there any more
 */
export async function readFiles(
  store: ObjectStore,
  files: readonly DirectorFile[],
  options: ReadFilesOptions & {
    to?: (file: DirectorFile, bytes: AsyncIterable<Uint8Array>) => Promise<void>
  },
): Promise<ReadFile[]> {
  const all: ReadFile[] = []
  for (const file of files) {
    let read: ReadFile | null = null
    try {
      const bytes = checkedBytes(store, file, { ...options, told: done => (read = done) })
      if (options.to) await options.to(file, bytes)
      else for await (const _ of bytes);
    } catch (err) {
      throw damaged(file, absent(err).detail)
    }
    const done = read as ReadFile | null
    if (!done) throw damaged(file, 'was not taken to its end')
    const [flag] = done.flags
    if (flag) throw damaged(file, flag.detail)
    all.push(done)
  }
  return all
}

/** What a file that is not (wholly) there amounts to; any other failure goes on. */
export function absent(err: unknown): ContentFlag {
  if (err instanceof EngineError && err.code === 'remote.not-found')
    return { code: 'missing', detail: 'is not on the server any more' }
  if (err instanceof EngineError && err.code === 'data.missing')
    return { code: 'half-uploaded', detail: 'is shorter than the server’s list says' }
  throw err
}

const damaged = (file: DirectorFile, detail: string): EngineError =>
  new EngineError('data.damaged', 'director.files', { subject: file.name, detail: `${file.name} ${detail}` })
