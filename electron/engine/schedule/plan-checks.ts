import { isAbsolute } from 'node:path'
import { analyticsDay } from '../../../shared/director-schedule.ts'
import type { PlanSettings, Schedule } from '../../../shared/plan.ts'
import { planSettings } from '../../../shared/plan.ts'
import { checkSchedule } from '../../../shared/schedule/index.ts'
import { componentOf } from '../archive/names.ts'
import type { Engine } from '../engine.ts'
import { EngineError } from '../engine-error.ts'
import { vendorName } from '../points/vendor-point.ts'
import type { StartedRun } from '../run/index.ts'

/** @throws EngineError `input.invalid`; its subject is the path of the field */
export function checkedSettings(raw: PlanSettings, now: number): PlanSettings {
  const parsed = planSettings.safeParse(raw)
  if (!parsed.success) {
    const [issue] = parsed.error.issues
    throw wrong(issue?.path.map(String).join('.') ?? '', issue?.message ?? 'unknown shape')
  }
  const settings = parsed.data
  // Points of this name are those that a vendor's own tool made.
  if (settings.name === vendorName)
    throw wrong('name', 'this is what the runs of a vendor’s own tool are called')
  refuseSchedule(settings.schedule, now)
  const { source, encryptTo } = settings
  if (source.kind === 'command') componentOf(source.as)
  else if (source.kind === 'files') {
    const relative = source.paths.findIndex(path => !isAbsolute(path))
    if (relative >= 0) throw wrong(`source.paths.${relative}`, 'the path is not absolute')
  }
  if (encryptTo !== null && encryptTo !== 'passphrase') {
    const odd = encryptTo.recipients.findIndex(key => !/^age1[0-9a-z]{20,}$/.test(key))
    if (odd >= 0) throw wrong(`encryptTo.recipients.${odd}`, 'a public key begins with age1')
  }
  return settings
}

/** @throws EngineError `input.invalid` with words about what is wrong */
export function refuseSchedule(schedule: Schedule, now: number): void {
  const detail = checkSchedule(schedule, now)
  if (detail !== null) throw wrong('schedule', detail)
}

/** Begins a plan's backup, of whatever kind. @param due the due time it is for, ms; null when somebody asked for it */
export async function startBackupOf(
  engine: Engine,
  settings: PlanSettings,
  due: number | null,
  passphrase: string | undefined,
): Promise<StartedRun> {
  const { name: plan, servers, source, compression, level, encryptTo, limit, before, after } = settings
  const ofPlan = { due: due === null ? null : new Date(due).toISOString(), before, after }
  if (source.kind === 'director') {
    const { deployment } = source
    if (source.part === 'analytics') {
      await engine.directors.requireAnalytics(deployment)
      const day = analyticsDay(due ?? engine.places.clock.now())
      const of = { kind: 'director-analytics' as const, deployment, day }
      const options = { plan, servers, source: of, compression, level, encryptTo, limit, ofPlan }
      return await engine.startBackup(options, passphrase)
    }
    return await engine.directors.startBackup({ deployment, plan, servers, latest: true, limit, ofPlan })
  }
  const options = { plan, servers, source, compression, level, encryptTo, limit, ofPlan }
  return await engine.startBackup(options, passphrase)
}

export const wrong = (subject: string, detail: string): EngineError =>
  new EngineError('input.invalid', 'plan.save', { subject, detail })
