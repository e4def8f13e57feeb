import type { RunRecord } from '../../shared/run.ts'

/** What the engine needs from outside. A shell hands these in; a test hands in its own. */

/** Wall clock in ms since 1970 UTC. Monotonic clocks stop while a laptop sleeps, so deadlines use both. */
export type Clock = { now(): number; monotonic(): number }

/** A line of a log. Implementations mask secrets; callers never pass one. */
export type Log = (
  level: 'info' | 'warn' | 'error',
  message: string,
  fields?: Record<string, unknown>,
) => void

/** Tells the machine not to sleep while a run goes on. `release` may be called more than once. */
export type Power = { keepAwake(run: RunRecord): { release(): void } }

/**
 * Where secrets live. Keys are `server:<name>`, `run:<id>`, …; values are JSON texts.
 * `get` answers null for an absent key and throws `auth.vault-locked` when it cannot tell.
 * `persistent` is false for the memory tier: what it holds is gone with the process.
 */
export type SecretStore = {
  readonly persistent: boolean
  get(key: string): Promise<string | null>
  set(key: string, value: string): Promise<void>
  remove(key: string): Promise<void>
}

export const systemClock: Clock = { now: () => Date.now(), monotonic: () => performance.now() }
export const noLog: Log = () => {}
