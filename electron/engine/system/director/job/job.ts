/** A command that runs on a host in a pseudo-terminal of its own, detached: it outlives every connection to it. */
export type JobSpec = {
  /** The run's id; the job's folder on the host is `~/.drydock/jobs/<id>`. */
  id: string
  /** Where it runs, and what it locks. */
  folder: string
  /** The command and its arguments; no shell in between. */
  argv: readonly string[]
  /** Who started it: `m.keller@laptop-7`; told to whoever meets the lock. */
  who: string
  columns: number
  rows: number
}

export type JobEvent =
  /** Bytes of the terminal, from the offset `at` of its whole output on. */
  | { is: 'output'; at: number; bytes: Uint8Array }
  /** Nothing was said for `ms`; `echo`: whether the terminal shows what is typed now. Told once a second while it holds. */
  | { is: 'quiet'; ms: number; echo: boolean }
  /**
   * It has ended; `exit` is null when a signal ended it, or it was lost: the host went down or the supervisor was
   * killed, nobody knows how it ended, and `at` is when it was last heard of.
   */
  | { is: 'ended'; exit: number | null; signal: string | null; at: string; lost?: boolean }

/** What came of typing something: it went in, or it was not sent and why. */
export type Typed = 'sent' | 'echo-is-on' | 'output-moved' | 'ended'

/** A connection to a job. Losing it does nothing to the job. */
export type JobLink = {
  /**
   * Its output from `from` on, then as it comes, until it has ended.
   * @throws EngineError `network.*` when the connection is lost: attach again with the next offset
   */
  follow(from: number, signal: AbortSignal): AsyncGenerator<JobEvent>
  /**
   * Types a line. `secret` is sent only while the terminal does not echo; nothing is sent when there is output behind
   * the offset `at`: the question may be another by now.
   */
  type(line: string, options: { secret: boolean; at: number }): Promise<Typed>
  /** Ctrl-C, as a person at the terminal would press it; `kill` ends all that it started. */
  stop(how: 'interrupt' | 'kill'): Promise<void>
  status(): Promise<JobStatus>
  /** Removes what it left on the host. @throws EngineError `run.conflict` while it runs */
  remove(): Promise<void>
}

export type JobStatus =
  | { is: 'unknown' }
  | { is: 'running'; size: number; started: string; who: string }
  /** `lost`: the host was restarted, or the supervisor was killed: nobody knows how it ended. */
  | { is: 'ended'; size: number; exit: number | null; signal: string | null; at: string; lost: boolean }
