import { z } from 'zod'

/** What a verification and a copy are to do: kept in their records, so that a resume needs nobody to repeat it. */

export const verifyOptions = z.object({
  point: z.string(),
  server: z.string(),
  deep: z.boolean(),
  limit: z.int().positive().nullable(),
})
export type VerifyOptions = z.infer<typeof verifyOptions>

export const copyOptions = z.object({
  point: z.string(),
  from: z.string(),
  to: z.string(),
  limit: z.int().positive().nullable(),
})
export type CopyOptions = z.infer<typeof copyOptions>
