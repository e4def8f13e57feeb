import { z } from 'zod'
import { switchDirections } from '../../../../../shared/contract/switch.ts'
import { masterEdit } from '../../../../../shared/director.ts'
import { directorModes } from '../../../../../shared/director-files.ts'
import { serverName } from '../../../../../shared/server.ts'
import { EngineError } from '../../../engine-error.ts'
import type { StoredRun } from '../../../run/index.ts'

/** What a run of kind `director-switch` is started with, and goes on with. Holds no secret: edits name drafts. */
const switchRunOptions = z.object({
  switch: z.string().max(64),
  step: z.union([z.literal(1), z.literal(2)]),
  direction: z.enum(switchDirections),
  site: z.enum(['DC', 'DR']),
  deployment: serverName,
  mode: z.enum(directorModes),
  server: serverName,
  edits: z.array(masterEdit).max(200),
  /** As `./setup.sh standalone dc-to-dr`, word by word. */
  argv: z.array(z.string().max(200)).min(2).max(8),
  /** `ip:port` of the hosts it works on, as the preflight found them. */
  hosts: z.array(z.string().max(300)).max(64),
})
export type SwitchRunOptions = z.infer<typeof switchRunOptions>

/** @throws EngineError `data.format` for a record of another version */
export function optionsOf({ id, options }: Pick<StoredRun, 'id' | 'options'>): SwitchRunOptions {
  const parsed = switchRunOptions.safeParse(options)
  if (parsed.success) return parsed.data
  throw new EngineError('data.format', 'switch.step', {
    subject: id,
    detail: `its options cannot be read: ${parsed.error.issues[0]?.path.map(String).join('.') ?? ''}`,
    cause: parsed.error,
  })
}

/** The switch-over and the step that a run belongs to; null for any other run. */
export function stepOfRun({
  kind,
  options,
}: Pick<StoredRun, 'kind' | 'options'>): { id: string; step: 1 | 2 } | null {
  if (kind !== 'director-switch') return null
  const parsed = switchRunOptions.pick({ switch: true, step: true }).safeParse(options)
  return parsed.success ? { id: parsed.data.switch, step: parsed.data.step } : null
}
