import type { Failure } from './failure.ts'

/** What crosses an edge: a value, or a failure as plain data. */
export type Result<T> = { ok: true; value: T } | { ok: false; failure: Failure }
