import { z } from 'zod'
import { hook } from '../../../shared/plan.ts'
import { serverName } from '../../../shared/server.ts'
import { isPlanName } from '../archive/names.ts'

/** What a backup is to do: kept in the run's record so that a resume needs nobody to repeat it. No secret in it. */
export const backupOptions = z
  .object({
    plan: z.string().refine(isPlanName, 'a name of lower-case letters, digits, dots and dashes, at most 63'),
    servers: z.array(z.string()).min(1).max(64),
    source: z.discriminatedUnion('kind', [
      z.object({
        kind: z.literal('files'),
        paths: z.array(z.string().min(1)).min(1),
        excludes: z.array(z.string()),
      }),
      z.object({ kind: z.literal('command'), command: z.string().min(1).max(100_000), as: z.string() }),
      /** What the analytics command of a deployment prints on its Director; a resume takes the same day (UTC). */
      z.object({ kind: z.literal('director-analytics'), deployment: serverName, day: z.iso.date() }),
    ]),
    compression: z.enum(['zstd', 'gzip', 'none']),
    level: z.int().min(-7).max(22),
    /** The passphrase itself comes with the start and is never written down. */
    encryptTo: z.union([
      z.null(),
      z.literal('passphrase'),
      z.object({ recipients: z.array(z.string()).min(1).max(100) }),
    ]),
    /** Bytes per second for all servers together; null for no limit. */
    limit: z.int().positive().nullable(),
    /** Set when a plan of that name is executed; absent for a backup by hand. Kept, so that a resume calls the hooks too. */
    ofPlan: z
      .object({
        /** The due time it is for, ISO 8601 UTC; null when somebody asked for it. */
        due: z.iso.datetime().nullable(),
        before: hook.nullable(),
        after: hook.nullable(),
      })
      .exactOptional(),
  })
  .refine(({ compression, level }) => compression !== 'gzip' || (level >= 0 && level <= 9), {
    path: ['level'],
    message: 'gzip knows levels 0 to 9',
  })

export type BackupOptions = z.infer<typeof backupOptions>
export type AnalyticsOptions = Extract<BackupOptions['source'], { kind: 'director-analytics' }>
