import { z } from 'zod'
import { isPlanName, planNameRule } from '../../../../../shared/plan-name.ts'
import { serverName } from '../../../../../shared/server.ts'
import { backupOptions } from '../../../backup/options.ts'
import { EngineError } from '../../../engine-error.ts'

/** What a Director's backup is to do: kept in the run's record, so that a resume needs nobody to repeat it. */
const directorBackupOptions = z.object({
  deployment: serverName,
  /** Of its restore points: `NAME` in `NAME@STAMP`. */
  plan: z.string().refine(isPlanName, planNameRule),
  servers: z
    .array(serverName)
    .min(1)
    .max(64)
    .refine(servers => new Set(servers).size === servers.length, 'each server once'),
  /** Whether the `latest` copies are replaced, last. */
  latest: z.boolean(),
  /** Bytes per second for all servers together; null for no limit. */
  limit: z.int().positive().nullable(),
  /** Set when a plan of that name is executed; absent for a backup by hand. */
  ofPlan: backupOptions.shape.ofPlan,
})
export type DirectorBackupOptions = z.infer<typeof directorBackupOptions>

/** The name that a deployment's backups by hand go under when none is given. */
export const usualPlanName = (deployment: string): string => deployment.toLowerCase().replace(/\.{2,}/g, '.')

/** @throws EngineError `input.invalid`; its subject is the path of the field */
export function parseBackupOptions(raw: unknown): DirectorBackupOptions {
  const parsed = directorBackupOptions.safeParse(raw)
  if (parsed.success) return parsed.data
  const issue = parsed.error.issues[0]
  throw new EngineError('input.invalid', 'director.backup', {
    subject: issue?.path.map(String).join('.') ?? 'request',
    detail: issue?.message ?? 'unknown shape',
  })
}
