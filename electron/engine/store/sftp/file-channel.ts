import type { EngineError } from '../../engine-error.ts'
import type { Pace } from './request-window.ts'

export type Extension = 'fsync' | 'posix-rename' | 'statvfs' | 'limits' | 'hardlink'

/** `mtime` in seconds since 1970; undefined when the server does not tell. */
export type FileAttrs = { size: number; mtime: number | undefined }

/**
 * What the transfer of one file needs of an SFTP channel. Requests of one channel reach the server in the order in
 * which they were made; handles are of use only on the channel that opened them.
 */
export interface FileChannel {
  /** Why no request can be answered any more; null while they can. */
  readonly failure: EngineError | null
  readonly pace: Pace
  /** Most bytes of one read or write request. */
  readonly readBytes: number
  readonly writeBytes: number
  has(extension: Extension): boolean
  open(path: string, flags: 'r' | 'r+', during: string): Promise<Buffer>
  close(handle: Buffer, during: string): Promise<void>
  fstat(handle: Buffer, during: string, path: string): Promise<FileAttrs>
  truncate(handle: Buffer, size: number, during: string, path: string): Promise<void>
  fsync(handle: Buffer, during: string, path: string): Promise<void>
  /**
   * Fills `into` from its beginning; answers with the bytes read, 0 at the end of the file. What it returns is to be
   * called when they are no longer wanted: from then on nothing is written into `into`, save what is left of a reply
   * that was being received in this moment; `done` is still called.
   */
  read(
    handle: Buffer,
    into: Buffer,
    position: number,
    done: (err: unknown, bytes: number) => void,
  ): () => void
  /** The bytes are copied before this returns: a caller who is cancelled may use its memory for something else. */
  write(handle: Buffer, bytes: Buffer, position: number, done: (err: unknown) => void): void
  /** Says what an error of this channel means. */
  explain(err: unknown, during: string, subject: string, folder: string): Promise<EngineError>
}

export type OpenFile = { session: FileChannel; handle: Buffer }
