/**
 * A place for backup files, flat names under one path, prefix, bucket or container.
 *
 * Every implementation passes `test/conformance/object-store.ts` against a real server. What holds for all:
 * - Names match `isObjectName`; any other is refused with `input.invalid` before a byte is sent.
 * - Every method takes an `AbortSignal` and stops at once when it fires, leaving nothing under a final name.
 * - Errors are `EngineError`s whose code says what happened; one table per transport maps them.
 * - A method never retries on its own; `retrying` does. SDKs' own retries are switched off.
 * - `gate` (see `Transfer`) is awaited before each piece moves, so a limit that changes takes effect at once.
 */
export interface ObjectStore {
  /** What to call it in messages, without secrets: `sftp://backup@192.0.2.7:22/srv/backups`. */
  readonly about: string
  readonly limits: StoreLimits

  /** All objects whose name starts with `prefix`, in any order, of any number. Partial uploads are not listed. */
  list(prefix: string, options?: CallOptions): AsyncIterable<ObjectInfo>

  /** Null when the object is not there. A container that is missing is `remote.no-container`. */
  stat(name: string, options?: CallOptions): Promise<ObjectInfo | null>

  /**
   * The bytes of `[offset, offset + length)`, or to the end without `length`. Ends early never: fewer bytes than
   * asked for is `network.interrupted`. A range past the end is `data.missing`; an absent object `remote.not-found`.
   * The pieces handed out belong to the caller. With `into`, they are pieces of it, filled from its start on: who
   * wants the range as a whole pays for its memory once. Bytes that do not fit there are `remote.wrong-answer`; what
   * `into` holds after a failure is not said.
   */
  read(
    name: string,
    range: { offset: number; length?: number },
    options?: ReadOptions,
  ): AsyncIterable<Uint8Array>

  /**
   * Writes a small object (≤ 64 MiB) in one go, all or nothing. With `ifAbsent` an object that is already there
   * is `remote.exists` and stays as it was (as far as the protocol can promise it; the folder's README says which).
   * Without it an older object is replaced.
   */
  put(name: string, body: Uint8Array, options?: Transfer & { ifAbsent?: boolean }): Promise<void>

  /** Begins an upload that can be resumed, or takes one up again. `remote.not-found` when `resume` is gone. */
  upload(name: string, options?: CallOptions & { resume?: UploadToken }): Promise<Upload>

  /** Removes an object; one that is not there is no error. */
  remove(name: string, options?: CallOptions): Promise<void>

  /** Tries out what the server can do, with objects of its own that it removes again. */
  probe(options?: CallOptions): Promise<ProbeReport>

  /**
   * One of `vendorFolders` that lies here, or at a level above: the vendor's tools want a bucket, container or folder
   * for themselves, whatever the prefix. Null when there is none. Reads only, and makes no folder. See `vendor-levels.ts`.
   */
  vendorFolder?(options?: CallOptions): Promise<string | null>

  /**
   * All that lies below one of `vendorFolders`, at any depth, in any order; nothing when that is not there. Reads only.
   * A store without it cannot look there, and refuses `within` of a read with `remote.unsupported`.
   */
  listVendor?(folder: VendorFolder, options?: CallOptions): AsyncIterable<VendorObject>

  /** Lets go of connections. Calls after it are errors of the caller. */
  close(): Promise<void>
}

/** Where the vendor's continuous backup keeps its repositories: whoever writes beside them may break it. */
export const vendorFolders = ['dcrepository', 'drrepository'] as const
export type VendorFolder = (typeof vendorFolders)[number]

/** `path` is relative to the vendor's folder, and may be anything that a server lets stand: nothing is opened by it. */
export type VendorObject = { path: string; size: number; modified: number | null }

export type CallOptions = { signal?: AbortSignal | undefined }

export type Transfer = CallOptions & {
  /**
   * Called and awaited before every piece of at most `pieceBytes` is handed to, or taken from, the wire.
   * It limits the rate and it tells a watchdog that something moves.
   */
  gate?: ((bytes: number) => Promise<void> | void) | undefined
}

export type ReadOptions = Transfer & {
  /** Where the bytes are to be, see `ObjectStore.read`. */
  into?: Uint8Array | undefined
  /** The object lies directly in this folder of the vendor’s instead; goes with a `length`. */
  within?: VendorFolder | undefined
}

/** Pieces in which transfers move and call their gate. */
export const pieceBytes = 256 * 1024

export type ObjectInfo = {
  name: string
  size: number
  /** ms since 1970 UTC, as the server tells it; null when it does not. Never relied on for correctness. */
  modified: number | null
}

export type StoreLimits = {
  /** Largest object this server takes; Infinity when unknown. Larger files become volumes. */
  maxObjectBytes: number
  /** Smallest part of an upload save its last, e.g. 5 MiB on S3; 1 where any will do. */
  minPartBytes: number
  /** Most parts of one upload; Infinity where there is no such limit. */
  maxParts: number
}

/** What a later process needs to take an upload up again. Plain JSON; no secret. Shape belongs to the store. */
export type UploadToken = Record<string, string | number>

/**
 * An upload under way. The caller sends parts with rising `index` and `offset`, without gaps; up to `width` of
 * them may be under way at once. A part that failed may be sent again, to the same place, with the same bytes.
 */
export interface Upload {
  readonly token: UploadToken
  /** How many `write`s may be under way at once. */
  readonly width: number
  /**
   * Parts the server confirmed to hold, without a gap, when this upload was opened: 0 for a new one.
   * `parts` is null where the protocol counts only bytes (SFTP, FTP, local disk).
   */
  readonly confirmed: { bytes: number; parts: number | null }

  /**
   * Goes back to a boundary at or below `confirmed`: what lies past it is forgotten and the next part goes there.
   * Must be called before the first `write` of a resumed upload, also when nothing is given up.
   */
  rewind(to: { bytes: number; parts: number }): Promise<void>

  /** Resolves when the server has acknowledged the part, as far as its protocol can say so. */
  write(part: { index: number; offset: number; bytes: Uint8Array }, options?: Transfer): Promise<void>

  /**
   * Makes the object appear under its final name, durable and whole: `size` is checked at the server.
   * An object already standing under that name is `remote.exists`. Safe to call again after it failed half-way.
   */
  commit(total: { bytes: number; parts: number }, options?: CallOptions): Promise<void>

  /** Gives up and removes what was sent. Works also after the signal of the run has fired; never throws. */
  abort(): Promise<void>

  /** Lets go of handles and connections but leaves what was sent, for a later resume. */
  detach(): Promise<void>
}

/** What `server test` found out. Each check says in words what was seen; `learned` is stored with the server. */
export type ProbeReport = {
  checks: ProbeCheck[]
  learned: Record<string, string | number | boolean>
}
export type ProbeCheck = { name: string; ok: boolean; level: 'info' | 'warn' | 'stop'; detail: string }

/**
 * Names that every kind of server and every file system takes: letters, digits, `.`, `_`, `-`, not starting with
 * a dot or dash, at most 200 bytes (255 less what partial names add).
 */
export function isObjectName(name: string): boolean {
  return /^[A-Za-z0-9_][A-Za-z0-9._-]{0,199}$/.test(name) && !name.includes('..')
}

/** Marks names of uploads under way on servers that have only names; such objects are never listed. */
export const partialMark = '.drydock-partial-'
