/**
 * The closed list of what can go wrong. Each code has words for people in `failure-copy.ts` and an exit code
 * below. A new code is a decision: add it here, give it words, and nothing else compiles until both are there.
 */
export const failureCodes = [
  'auth.rejected',
  'auth.denied',
  'auth.secret-missing',
  'auth.passphrase',
  'auth.vault-locked',
  'auth.vault-unavailable',
  'auth.clock-skew',
  'network.unknown-host',
  'network.unreachable',
  'network.interrupted',
  'network.stalled',
  'network.throttled',
  'network.proxy',
  'trust.host-key-unknown',
  'trust.host-key-changed',
  'trust.host-key-revoked',
  'trust.known-hosts-unreadable',
  'trust.certificate',
  'trust.plaintext',
  'trust.wrong-medium',
  'remote.not-found',
  'remote.no-container',
  'remote.full',
  'remote.exists',
  'remote.unsupported',
  'remote.limit',
  'remote.wrong-answer',
  'remote.failed',
  'local.not-found',
  'local.denied',
  'local.full',
  'local.io',
  'local.command',
  'data.damaged',
  'data.missing',
  'data.format',
  'data.version',
  'data.unsafe',
  'input.invalid',
  'run.conflict',
  'run.unknown',
  'run.not-resumable',
  'cancelled',
  'internal',
] as const

export type FailureCode = (typeof failureCodes)[number]

/** A failure as plain data: what crosses a process or a wire. Never holds a secret. */
export type Failure = {
  code: FailureCode
  /** What was being done, e.g. `server.test`. */
  during: string
  /** What it was about: a server, a file, a host. Safe to show. */
  subject?: string
  /** One sentence of detail in plain words, e.g. the fingerprint that was seen. */
  detail?: string
  retry: 'now' | 'after-fix' | 'never'
}

/** The command line's exit codes; `../shared/cli.md` of the project's documents fixes them. */
export const exitCodes = {
  done: 0,
  failed: 1,
  badInput: 2,
  problems: 3,
  damaged: 4,
  refused: 5,
  cancelled: 130,
} as const

/** The exit code that stands for a failure. */
export function exitCodeOf(code: FailureCode): number {
  if (code === 'cancelled') return exitCodes.cancelled
  if (code === 'input.invalid' || code === 'local.not-found' || code === 'run.unknown')
    return exitCodes.badInput
  if (code === 'run.conflict' || code.startsWith('trust.')) return exitCodes.refused
  if (code.startsWith('data.')) return exitCodes.damaged
  return exitCodes.failed
}

/** Whether trying the same thing again can help without anyone changing anything. */
export function retryOf(code: FailureCode): Failure['retry'] {
  switch (code) {
    case 'network.unreachable':
    case 'network.interrupted':
    case 'network.stalled':
    case 'network.throttled':
    case 'remote.failed':
    case 'remote.wrong-answer':
      return 'now'
    case 'data.damaged':
    case 'data.version':
    case 'data.unsafe':
    case 'cancelled':
    case 'internal':
      return 'never'
    default:
      return 'after-fix'
  }
}
