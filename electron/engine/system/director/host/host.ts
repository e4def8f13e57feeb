import type { Duplex } from 'node:stream'

/** A machine on which a deployment folder lies: this one, or one over ssh. What is done there goes through this alone. */
export type Host = {
  /** `this machine`, or `operator@192.0.2.30:22`. */
  readonly about: string
  readonly local: boolean
  /**
   * Runs a script with `sh` and gives what came of it. An exit status other than 0 is no error.
   * @throws EngineError `network.*` when the connection is lost, `local.command` when there is no `sh`,
   *   `remote.limit` when it says more than `maxOutput`
   */
  run(script: string, options?: HostRun): Promise<HostResult>
  /** What the script says on its standard output, as it comes. Ending the loop early ends the script. */
  stream(
    script: string,
    options?: HostStream,
  ): AsyncGenerator<Uint8Array, { exit: number | null; stderr: string }>
  /** @throws EngineError `local.not-found` / `remote.not-found`, `auth.denied`, `remote.limit` over `maxBytes` */
  readFile(path: string, maxBytes: number, signal?: AbortSignal): Promise<Buffer>
  /**
   * Writes all or nothing: a temporary file beside it, synced, then renamed. Keeps mode and owner of a file that it
   * replaces. @param options.keepAs name beside it under which the present file stays (a hard link or copy)
   */
  writeFile(
    path: string,
    bytes: Uint8Array,
    options?: { mode?: number; keepAs?: string; signal?: AbortSignal },
  ): Promise<void>
  /** A stream to `host:port` as seen from there. */
  forward(host: string, port: number): Promise<Duplex>
  close(): Promise<void>
}

export type HostRun = {
  signal?: AbortSignal | undefined
  /** Written to its standard input, which is then closed. */
  input?: Uint8Array
  /** Bytes of standard output and of standard error, each; 1 MiB when absent. */
  maxOutput?: number
  /** ms; 20 s when absent. */
  timeoutMs?: number
}
export type HostStream = {
  signal?: AbortSignal | undefined
  input?: AsyncIterable<Uint8Array>
  /** Gets what it says on its standard error, as it comes. */
  complain?: (piece: Uint8Array) => void
}
export type HostResult = { exit: number | null; signal: string | null; stdout: Buffer; stderr: string }

/** What `readFile` says of a folder, a pipe, a device. */
export const noFile = 'it is no file'

/** `text` as one word for `sh`. */
export function shellWord(text: string): string {
  return `'${text.replaceAll("'", `'\\''`)}'`
}
