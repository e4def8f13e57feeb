import { nextDue } from '../../../shared/schedule/index.ts'
import { asleepReason, graceMs } from './account.ts'
import type { PlanRecord } from './plan-record.ts'

/**
 * Whether a run of a plan should have begun and did not: since when, and why. Pure, from what is kept and who holds
 * the schedule, so that a window that does not run plans itself shows it as well.
 */
export function overdueOf(
  { state, settings, account }: PlanRecord,
  now: number,
  holder: 'here' | 'other' | 'nobody',
): { since: number; reason: string } | null {
  if (state !== 'scheduled') return null
  const { waiting, lapse, handled } = account
  if (lapse) return lapse
  if (waiting && now - waiting.first > graceMs)
    return { since: waiting.first, reason: waiting.reason === '' ? asleepReason : waiting.reason }
  const due = now < handled ? null : nextDue(settings.schedule, settings.zone, handled)
  if (due === null || now - due <= graceMs) return null
  return {
    since: due,
    reason:
      holder === 'nobody'
        ? 'nothing that runs plans is open'
        : 'the process that runs plans does not get to it',
  }
}
