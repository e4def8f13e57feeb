import type { FileEntryWithStats, SFTPWrapper, Stats } from 'ssh2'
import { EngineError } from '../../engine-error.ts'
import type { SshConnection } from '../../ssh/ssh-connection.ts'
import { fromSshError } from '../../ssh/ssh-errors.ts'
import { pieceBytes } from '../object-store.ts'
import type { Extension, FileChannel } from './file-channel.ts'
import { fromSftpError, status, statusOf } from './sftp-errors.ts'
import { Pace } from './request-window.ts'

export type Space = { free: number; total: number; readOnly: boolean; filesLeft: number | null }

/** What ssh2 1.17 learned from the server and does not tell by its public interface. */
type Learned = {
  _extensions?: Record<string, string>
  _maxReadLen?: number
  _maxWriteLen?: number
  /** What waits for its answer, and where data is to be copied to then. */
  _requests?: Record<number, { buffer?: Buffer } | undefined>
  /** Of the request that was made last. */
  _writeReqid?: number
}

/** `full` keeps `.` and `..`: left out, a first reply of only these two would look like the end. Not in the types. */
type FullReaddir = {
  readdir(
    handle: Buffer,
    options: { full: true },
    done: (err: unknown, list: FileEntryWithStats[]) => void,
  ): void
}

/** What every SFTP server takes. */
const safeBytes = 32 * 1024

/** One SFTP channel: ssh2's callbacks as promises, each failing with the code of its status. */
export class SftpSession implements FileChannel {
  readonly connection: SshConnection
  readonly pace = new Pace()
  /** Most bytes of one read or write request. */
  readonly readBytes: number
  readonly writeBytes: number
  readonly #sftp: SFTPWrapper
  readonly #extensions: Record<string, string>
  #failure: EngineError | null = null

  private constructor(connection: SshConnection, sftp: SFTPWrapper) {
    this.connection = connection
    this.#sftp = sftp
    const learned = sftp as unknown as Learned
    this.#extensions = learned._extensions ?? {}
    const clamp = (bytes: number | undefined) =>
      typeof bytes === 'number' && bytes > 0 ? Math.min(bytes, pieceBytes) : safeBytes
    this.readBytes = clamp(learned._maxReadLen)
    this.writeBytes = clamp(learned._maxWriteLen)
    const ended = (err?: unknown) => {
      this.#failure ??= new EngineError('network.interrupted', 'server.connect', {
        subject: connection.about,
        detail: 'the SFTP channel closed',
        cause: err,
      })
    }
    sftp
      .on('end', () => ended())
      .on('close', () => ended())
      .on('error', ended)
  }

  static open(connection: SshConnection, during: string): Promise<SftpSession> {
    return new Promise((resolve, reject) => {
      // ssh2 throws, instead of calling back, when the socket is gone already.
      try {
        connection.client.sftp((err, sftp) => {
          if (!err) return resolve(new SftpSession(connection, sftp))
          const dead = connection.failure
          if (dead)
            return reject(new EngineError(dead.code, during, { subject: connection.about, cause: dead }))
          const detail = `no SFTP there: ${err.message}`
          if (/No response from server/.test(err.message)) reject(fromSshError(err, during, connection.about))
          else
            reject(
              new EngineError('remote.unsupported', during, {
                subject: connection.about,
                detail,
                cause: err,
              }),
            )
        })
      } catch (err) {
        reject(fromSshError(err, during, connection.about))
      }
    })
  }

  /** Why no request can be answered any more; null while they can. */
  get failure(): EngineError | null {
    return this.#failure ?? this.connection.failure
  }

  has(extension: Extension): boolean {
    return Object.hasOwn(this.#extensions, `${extension}@openssh.com`)
  }

  open(path: string, flags: 'r' | 'r+' | 'wx', during: string): Promise<Buffer> {
    return this.#ask(during, path, done => this.#sftp.open(path, flags, { mode: 0o600 }, done))
  }

  close(handle: Buffer, during: string): Promise<void> {
    return this.#ask(during, 'file', done => this.#sftp.close(handle, done))
  }

  stat(path: string, during: string): Promise<Stats> {
    return this.#ask(during, path, done => this.#sftp.stat(path, done))
  }

  fstat(handle: Buffer, during: string, path: string): Promise<Stats> {
    return this.#ask(during, path, done => this.#sftp.fstat(handle, done))
  }

  truncate(handle: Buffer, size: number, during: string, path: string): Promise<void> {
    return this.#ask(during, path, done => this.#sftp.fsetstat(handle, { size }, done))
  }

  fsync(handle: Buffer, during: string, path: string): Promise<void> {
    return this.#ask(during, path, done => this.#sftp.ext_openssh_fsync(handle, err => done(err, undefined)))
  }

  /** Fails when the new name exists. */
  rename(from: string, to: string, during: string): Promise<void> {
    return this.#ask(during, to, done => this.#sftp.rename(from, to, done))
  }

  /** Replaces the new name in one step. Only with `posix-rename`. */
  replace(from: string, to: string, during: string): Promise<void> {
    return this.#ask(during, to, done => this.#sftp.ext_openssh_rename(from, to, done))
  }

  unlink(path: string, during: string): Promise<void> {
    return this.#ask(during, path, done => this.#sftp.unlink(path, done))
  }

  mkdir(path: string, during: string): Promise<void> {
    return this.#ask(during, path, done => this.#sftp.mkdir(path, { mode: 0o700 }, done))
  }

  opendir(path: string, during: string): Promise<Buffer> {
    return this.#ask(during, path, done => this.#sftp.opendir(path, done))
  }

  /** The next bunch of names; null at the end. */
  async readdir(handle: Buffer, during: string, path: string): Promise<FileEntryWithStats[] | null> {
    const list = await this.#ask<FileEntryWithStats[] | null>(during, path, done =>
      (this.#sftp as unknown as FullReaddir).readdir(handle, { full: true }, (err, entries) => {
        if (statusOf(err) === status.eof) done(undefined, null)
        else done(err, entries)
      }),
    )
    // A reply without a single name would never end: it is taken for the end.
    return list && list.length > 0 ? list : null
  }

  read(
    handle: Buffer,
    into: Buffer,
    position: number,
    done: (err: unknown, bytes: number) => void,
  ): () => void {
    const failure = this.failure
    if (failure) {
      done(failure, 0)
      return () => {}
    }
    this.#sftp.read(handle, into, 0, into.length, position, (err, bytes) => done(err, bytes))
    const { _requests: requests, _writeReqid: id } = this.#sftp as unknown as Learned
    const asked = requests?.[id ?? -1]
    return () => {
      // An answer that nobody wants must still find a place.
      if (asked?.buffer) asked.buffer = Buffer.allocUnsafe(into.length)
    }
  }

  /** The bytes are copied before this returns. */
  write(handle: Buffer, bytes: Buffer, position: number, done: (err: unknown) => void): void {
    const failure = this.failure
    if (failure) return done(failure)
    this.#sftp.write(handle, bytes, 0, bytes.length, position, done)
  }

  /** Null where the server cannot say. */
  async space(path: string, during: string): Promise<Space | null> {
    if (!this.has('statvfs')) return null
    type Fs = Record<'f_bavail' | 'f_blocks' | 'f_frsize' | 'f_flag' | 'f_files' | 'f_favail', number>
    const fs = await this.#ask<Fs>(during, path, done => this.#sftp.ext_openssh_statvfs(path, done))
    return {
      free: fs.f_bavail * fs.f_frsize,
      total: fs.f_blocks * fs.f_frsize,
      readOnly: (fs.f_flag & 1) !== 0,
      filesLeft: fs.f_files > 0 ? fs.f_favail : null,
    }
  }

  /**
   * Says what an error of this session means. SFTP has one status for everything that is not a missing file or a
   * missing right, so for that one the file system is asked whether it is full or read-only.
   */
  async explain(err: unknown, during: string, subject: string, folder: string): Promise<EngineError> {
    const error = fromSftpError(err, during, subject)
    if (error.code !== 'remote.failed' || this.failure) return error
    const space = await this.space(folder, during).catch(() => null)
    const make = (code: 'remote.full' | 'auth.denied', detail: string) =>
      new EngineError(code, during, { subject, detail, cause: err })
    if (space?.readOnly) return make('auth.denied', 'the file system there is mounted read-only')
    if (space && (space.free < pieceBytes || space.filesLeft === 0))
      return make('remote.full', `${space.free} bytes are free there`)
    return error
  }

  #ask<T>(
    during: string,
    subject: string,
    send: (done: (err: unknown, value?: T) => void) => void,
  ): Promise<T> {
    return new Promise<T>((resolve, reject) => {
      // ssh2 drops requests of a dead channel without an answer, so they must not be made.
      const failure = this.failure
      if (failure) return reject(failure)
      try {
        send((err, value) => {
          if (err) reject(fromSftpError(err, during, subject))
          else resolve(value as T)
        })
      } catch (err) {
        reject(fromSftpError(err, during, subject))
      }
    })
  }
}
