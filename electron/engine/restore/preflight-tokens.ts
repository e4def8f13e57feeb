import { createHash, randomBytes } from 'node:crypto'
import { EngineError } from '../engine-error.ts'

/** What a token stands for. */
type Issued = {
  answers: string
  good: boolean
  seen: string
  target: string | null
  at: number
  used: boolean
}

/** A preflight older than this says nothing any more, ms. */
const freshMs = 15 * 60_000
const mostTokens = 32

/**
 * Which answers a preflight was made of. A token fits those very answers, once, for a quarter of an hour, in this
 * process; the secret is among the answers and only its hash is kept.
 */
export class PreflightTokens {
  private readonly salt = randomBytes(32)
  private readonly issued = new Map<string, Issued>()
  private readonly now: () => number
  private readonly what: string

  /** @param now ms that never go back @param what is started, for the words */
  constructor(now: () => number, what = 'restore') {
    this.now = now
    this.what = what
  }

  issue(answers: unknown, result: { good: boolean; seen: string; target: string | null }): string {
    const token = randomBytes(24).toString('base64url')
    this.issued.set(token, { ...result, answers: this.digest(answers), at: this.now(), used: false })
    for (const old of this.issued.keys()) if (this.issued.size > mostTokens) this.issued.delete(old)
    return token
  }

  /**
   * Takes a token, so that it cannot be taken twice at once.
   * @returns what was seen, and how to give the token back when nothing came of it
   * @throws EngineError `run.conflict` when it does not stand for a good preflight of these answers
   */
  take(token: string, answers: unknown): { seen: string; target: string | null; giveBack: () => void } {
    const known = this.issued.get(token)
    const why = !known
      ? 'there is no preflight of it here: it has to be checked again'
      : known.answers !== this.digest(answers)
        ? 'something was changed since the preflight: it has to be checked again'
        : !known.good
          ? 'the preflight said NO-GO'
          : known.used
            ? `this ${this.what} has been started already`
            : this.now() - known.at > freshMs
              ? 'the preflight is more than 15 minutes old: it has to be checked again'
              : null
    if (!known || why !== null) throw refused(why ?? '')
    known.used = true
    return { seen: known.seen, target: known.target, giveBack: () => (known.used = false) }
  }

  private digest(answers: unknown): string {
    return createHash('sha256')
      .update(this.salt)
      .update(JSON.stringify(sorted(answers)))
      .digest('base64')
  }
}

export const refused = (detail: string): EngineError =>
  new EngineError('run.conflict', 'restore.start', { detail })

/** The same answers in another order are the same answers. */
function sorted(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(sorted)
  if (typeof value !== 'object' || value === null) return value
  return Object.fromEntries(
    Object.entries(value)
      .filter(([, item]) => item !== undefined)
      .sort(([a], [b]) => (a < b ? -1 : 1))
      .map(([key, item]) => [key, sorted(item)]),
  )
}
