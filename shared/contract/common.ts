import { z } from 'zod'
import type { Failure } from '../failure.ts'
import { failureCodes } from '../failure.ts'

/** ISO 8601 UTC. */
export const utc = z.iso.datetime()
/** Bytes or a number of things: whole and not negative. */
export const count = z.int().nonnegative()
/** `NAME@STAMP`; a vendor's files have stamps without Z. */
export const pointName = z.string().regex(/^[A-Za-z0-9][A-Za-z0-9._-]{0,62}@\d{8}T\d{6}Z?$/)
export const runId = z.string().regex(/^[A-Za-z0-9-]{1,80}$/)
/** A path on the machine the engine runs on, absolute. */
export const localPath = z
  .string()
  .min(1)
  .max(4096)
  .refine(path => !path.includes('\0'), 'no NUL')
export const nothing = z.undefined()

export const failure = z.object({
  code: z.enum(failureCodes),
  during: z.string(),
  subject: z.string().exactOptional(),
  detail: z.string().exactOptional(),
  retry: z.enum(['now', 'after-fix', 'never']),
}) satisfies z.ZodType<Failure>

/** A warning or a limitation in words. `lines`: of the project's acceptance list. */
export const ruleNote = z.object({
  tone: z.enum(['look', 'stop', 'tell']),
  lines: z.array(z.string()),
  text: z.string(),
})

/** What opens an encrypted restore point. */
export const decryptWith = z.object({ passphrase: z.string().optional(), identity: z.string().optional() })
