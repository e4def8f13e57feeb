import type { Failure } from './failure.ts'

export const runStates = [
  'running',
  'paused',
  'cancelling',
  'interrupted',
  'succeeded',
  'failed',
  'cancelled',
] as const
export type RunState = (typeof runStates)[number]

export const runKinds = [
  'backup',
  'restore',
  'verify',
  'copy',
  'director-restore',
  'director-backup',
  'director-adopt',
  'director-switch',
] as const
export type RunKind = (typeof runKinds)[number]
/** Makes restore points, and may be of a plan. */
export const isBackup = (kind: RunKind): boolean => kind === 'backup' || kind === 'director-backup'
/** Drives a vendor's script on its host: that outlives Drydock, and going on means attaching to it. */
export const drivesScript = (kind: RunKind): boolean =>
  kind === 'director-restore' || kind === 'director-switch'
/** What a run of a kind is, within a sentence. */
export const runDeeds = {
  backup: 'backup',
  restore: 'restore',
  verify: 'verification',
  copy: 'copy',
  'director-restore': 'Director restore',
  'director-backup': 'Director backup',
  'director-adopt': 'adoption',
  'director-switch': 'switch-over step',
} as const satisfies Record<RunKind, string>

/** One thing that did not go as asked without stopping the run. */
export type Problem = {
  code: ProblemCode
  /** What it is about: an entry path, a server. Paths that are not UTF-8 are shown with replacement marks. */
  subject: string
  detail: string
}

export type ProblemCode =
  | 'source.changed'
  | 'source.vanished'
  | 'source.denied'
  | 'source.unreadable'
  | 'source.skipped'
  | 'source.attribute'
  | 'server.failed'
  | 'server.copied-late'
  | 'target.exists'
  | 'target.refused'
  | 'target.attribute'
  | 'target.failed'
  | 'data.damaged'
  | 'data.missing'
  | 'encryption.restarted'
  | 'hook.failed'
  | 'component.failed'
  | 'component.not-set'
  | 'latest.not-replaced'

/**
 * What a run has done so far. Counters only grow; bytes count only once a server has acknowledged them or the
 * disk holds them checked. `total: null` means unknown, 0 means zero.
 */
export type Progress = {
  phase: string
  bytes: number
  total: number | null
  files: number
  /** Bytes taken from the server and not acknowledged yet, as they are stored; goes up and down. Only of a live run. */
  received?: number
  /** Acknowledged bytes per server, where a run has several. */
  servers?: Record<string, { bytes: number; state: 'active' | 'waiting' | 'dropped' | 'done' | 'failed' }>
  /** Why nothing moves, in words; absent while it moves. */
  stalled?: string
  /** It waits for an answer of a person; only beside `stalled`. */
  asks?: true
}

/** When a phase began; it lasts until the next begins, or to the end. */
export type PhaseStart = { name: string; from: string }

export const cancellers = ['operator', 'shutdown'] as const
export type CancelledBy = (typeof cancellers)[number]

/** Who started a run, or took it up last: a user of a machine, with this version of Drydock. */
export type RunOrigin = { user: string; host: string; version: string }

/** The record of one execution of anything long: `run.json` in the run's folder. */
export type RunRecord = {
  id: string
  kind: RunKind
  state: RunState
  /** What it is about, for people: `docs@20261120T095728Z → nas, cloud`. */
  about: string
  /** ISO 8601 UTC. */
  started: string
  ended: string | null
  /** How many problems were met; the first 20 are in `firstProblems`, all are in `problems.jsonl`. */
  problems: number
  firstProblems: Problem[]
  progress: Progress
  /** When each phase began, oldest first; absent in records of earlier versions. */
  phases?: PhaseStart[]
  origin?: RunOrigin
  failure: Failure | null
  /** Who asked a cancelled run to stop: a person, or the end of the process that worked on it. */
  cancelledBy?: CancelledBy
  /** All that a resume needs to go on: the command's options, without secrets. Shape belongs to the kind. */
  options: unknown
  /** What came of it (a point's name, counts of a ledger); shape belongs to the kind. */
  outcome: unknown
  /** Rises with every change, so that a reader keeps the newest. */
  seq: number
}
