import type { PlanSettings } from '../../../shared/plan.ts'
import { dueTimes, nextDue } from '../../../shared/schedule/index.ts'
import type { Account } from './plan-record.ts'

/** A run that begins this long after its due time is not late yet, ms. */
export const graceMs = 10 * 60_000

type Timing = Pick<PlanSettings, 'schedule' | 'zone' | 'missed'>

/** Why a run cannot begin now. */
export type Obstacle = { kind: 'busy' | 'blocked'; reason: string }

type Step = Pick<Settled, 'account' | 'tell'>

/** What became of due times, for the log and for tests. `back` takes a `missed` back: the time is yet to come again. */
export type Note = { due: number; as: 'ran' | 'missed' | 'back' }

export type Settled = {
  account: Account
  notes: Note[]
  /** Something is overdue and has not been told yet. */
  tell: { since: number; reason: string } | null
}

export const busyReason = 'the run before it is still going'
export const asleepReason = 'nothing that runs plans was open, or the machine slept'

/**
 * Brings an account up to date: which due times have come, which of them waits for its run, which are passed over.
 * Pure. `by` is who looks; `obstacle` is why a waiting run cannot begin (null: it can, or nobody has asked yet).
 */
export function settle(
  plan: Timing,
  before: Account,
  now: number,
  by: string,
  obstacle: Obstacle | null,
): Settled {
  const notes: Note[] = []
  const current = now < before.handled ? clockWentBack(plan, before, now, notes) : before
  const come = comeDue(plan, current, now, by, notes)
  const waited = keepWaiting(plan, come.account, now, by, obstacle, notes)
  return { account: waited.account, notes, tell: waited.tell ?? come.tell }
}

/** The run for `due` has begun. Also for one that an operator has asked for while `due` waited. */
export function begun(plan: Timing, account: Account, due: number, notes: Note[] = []): Account {
  notes.push({ due, as: 'ran' })
  const last = account.spans.at(-1)
  // Two due times of which one follows the other have both run: one span says so.
  const grows = last?.as === 'ran' && last.to < due && nextDue(plan.schedule, plan.zone, last.to) === due
  const spans = grows
    ? [...account.spans.slice(0, -1), { ...last, to: due }]
    : [...account.spans, { from: due, to: due, as: 'ran' as const }]
  const { waiting } = account
  const still = waiting && waiting.due > due ? waiting : null
  return { ...account, spans: newest(spans), waiting: still, missed: 0, lapse: null, beginning: null }
}

/** The times that were passed over and are in the future again will have their turn; those that ran will not. */
function clockWentBack(plan: Timing, account: Account, now: number, notes: Note[]): Account {
  const spans: Account['spans'] = []
  let missed = account.missed
  for (const span of account.spans) {
    if (span.as === 'ran' || span.to <= now) {
      spans.push(span)
      continue
    }
    const again = dueTimes(plan.schedule, plan.zone, Math.max(now, span.from - 1), { to: span.to })
    for (const due of again)
      if (!hasRun(account, due) && due !== account.waiting?.due) {
        notes.push({ due, as: 'back' })
        missed--
      }
    if (span.from <= now) spans.push({ ...span, to: now })
  }
  missed = Math.max(0, missed)
  return { ...account, spans, missed, handled: now, lapse: missed === 0 ? null : account.lapse }
}

function comeDue(plan: Timing, account: Account, now: number, by: string, notes: Note[]): Step {
  const times = dueTimes(plan.schedule, plan.zone, account.handled, { to: now })
  const last = times.at(-1)
  if (last === undefined) return { account, tell: null }
  const { waiting } = account
  const fresh = times.filter(due => due !== waiting?.due && !hasRun(account, due) && !isMissed(account, due))
  const moved = { ...account, handled: last }
  const newestFresh = fresh.at(-1)
  if (newestFresh === undefined) return { account: moved, tell: null }
  const inTime = now - newestFresh <= graceMs
  if (!inTime && plan.missed === 'skip' && !(waiting && waiting.by === by)) {
    const lapsed = passOver(moved, fresh, notes)
    const tell = { since: fresh[0] ?? newestFresh, reason: asleepReason }
    return { account: { ...lapsed, lapse: { ...tell, since: account.lapse?.since ?? tell.since } }, tell }
  }
  const all = [...fresh, ...(waiting ? [waiting.due] : [])].sort((a, b) => a - b)
  const due = all.at(-1) ?? newestFresh
  const passed = passOver(moved, all.slice(0, -1), notes)
  const first = Math.min(waiting?.first ?? due, due)
  const kept = waiting ?? { reason: '', told: false, by }
  return { account: { ...passed, waiting: { ...kept, due, first } }, tell: null }
}

function keepWaiting(
  plan: Timing,
  account: Account,
  now: number,
  by: string,
  obstacle: Obstacle | null,
  notes: Note[],
): Step {
  const { waiting } = account
  if (!waiting) return { account, tell: null }
  const reason = obstacle?.reason ?? waiting.reason
  // Somebody who waits through an overlap is not asleep; but who finds another's note of waiting knows nothing.
  const unattended = waiting.by !== by
  if (plan.missed === 'skip' && now - waiting.due > graceMs && (unattended || obstacle?.kind === 'blocked')) {
    const lapsed = passOver({ ...account, waiting: null }, [waiting.due], notes)
    const why = { since: waiting.first, reason: unattended || reason === '' ? asleepReason : reason }
    return {
      account: { ...lapsed, lapse: { ...why, since: account.lapse?.since ?? why.since } },
      tell: waiting.told ? null : why,
    }
  }
  const tell = obstacle !== null && !waiting.told && now - waiting.first > graceMs
  return {
    account: { ...account, waiting: { ...waiting, reason, by, told: waiting.told || tell } },
    tell: tell ? { since: waiting.first, reason } : null,
  }
}

function passOver(account: Account, dues: readonly number[], notes: Note[]): Account {
  const [from] = dues
  const to = dues.at(-1)
  if (from === undefined || to === undefined) return account
  for (const due of dues) notes.push({ due, as: 'missed' })
  return {
    ...account,
    missed: account.missed + dues.length,
    spans: newest([...account.spans, { from, to, as: 'missed' }]),
  }
}

const within = (account: Account, due: number, as: 'ran' | 'missed'): boolean =>
  account.spans.some(span => span.as === as && span.from <= due && due <= span.to)
const hasRun = (account: Account, due: number): boolean => within(account, due, 'ran')
const isMissed = (account: Account, due: number): boolean => within(account, due, 'missed')

/** Spans are only asked when a clock goes back: the oldest may be forgotten. */
const newest = (spans: Account['spans']): Account['spans'] => spans.slice(-400)
