import type { Schedule, SystemRecord } from '../../../shared/plan.ts'
import { isDailyOnly, newSystem, type PlanDraft, scheduleDraft } from './draft.ts'

/** The system and the Director that go together, as far as the other one tells. Nothing else of a draft changes. */
export function withDeployment(deployment: string, systems: readonly SystemRecord[]): Partial<PlanDraft> {
  const owner = systems.find(system => system.deployment === deployment)
  return { deployment, ...(owner && { system: owner.name }) }
}

export function withSystem(
  draft: PlanDraft,
  name: string,
  systems: readonly SystemRecord[],
): Partial<PlanDraft> {
  const deployment = systems.find(system => system.name === name)?.deployment
  return { system: name, ...(draft.kind === 'director' && deployment !== undefined && { deployment }) }
}

/**
 * A new plan as the address asks for it: of a kind, of a system, of a Director by its deployment. A Director's begins in UTC, as the vendor's portal has
 * it: its schedules can be laid side by side then.
 */
export function startDraft(
  blank: PlanDraft,
  { kind, system, deployment }: Readonly<Record<string, string | undefined>>,
  systems: readonly SystemRecord[],
): PlanDraft {
  const asked = systems.find(({ name }) => name === system)
  if (kind === 'command' || asked?.kind === 'command')
    return { ...blank, kind: 'command', ...(asked && { system: asked.name }) }
  if (kind !== 'configuration' && kind !== 'analytics' && asked?.kind !== 'director')
    return { ...blank, ...(asked && { system: asked.name }) }
  const directors = systems.filter(one => one.kind === 'director')
  const owner = asked ?? (deployment === undefined && directors.length === 1 ? directors[0] : undefined)
  const draft: PlanDraft = {
    ...blank,
    kind: 'director',
    part: kind === 'analytics' ? 'analytics' : 'configuration',
    zone: 'UTC',
    // A folder's system is none of a Director.
    system: directors.length === 0 ? newSystem : '',
  }
  return {
    ...draft,
    ...(owner && withSystem(draft, owner.name, systems)),
    ...(deployment !== undefined && withDeployment(deployment, systems)),
  }
}

/** Another one's schedule for this draft; null: it cannot have it. */
export function takeSchedule(draft: PlanDraft, schedule: Schedule, zone: string): Partial<PlanDraft> | null {
  const [, minute = '', hour = ''] =
    /^(\d+) (\d+) \* \* \*$/.exec(schedule.kind === 'cron' ? schedule.expression : '') ?? []
  // A portal's job is known by its five fields alone.
  const same: Schedule =
    minute === '' ? schedule : { kind: 'daily', at: `${hour.padStart(2, '0')}:${minute.padStart(2, '0')}` }
  return isDailyOnly(draft) && same.kind !== 'daily' ? null : { ...scheduleDraft(same), zone }
}
