import { describe, expect, it } from 'vitest'
import { blankPlan, type PlanDraft } from '../../../renderer/features/plans/draft.ts'
import {
  startDraft,
  takeSchedule,
  withDeployment,
  withSystem,
} from '../../../renderer/features/plans/start-draft.ts'
import type { SystemRecord } from '../../../shared/plan.ts'

const record = (name: string, rest: Partial<SystemRecord> = {}): SystemRecord => ({
  ...{ name, kind: 'folder', dataLossTarget: null, recoveryTarget: null },
  added: '2026-11-20T00:00:00Z',
  ...rest,
})
const docs = record('Documents')
const dc = record('Director DC', { kind: 'director', deployment: 'dc' })
const dr = record('Director DR', { kind: 'director', deployment: 'dr' })
const start = (query: Record<string, string>, systems: SystemRecord[] = []) =>
  startDraft(blankPlan('Europe/Zurich', systems, ['nas']), query, systems)

describe('a new plan as the address asks for it', () => {
  it('of a Director begins in UTC as in the portal, with the only Director there is', () => {
    expect(start({ kind: 'analytics' }, [docs, dc])).toMatchObject({
      ...{ kind: 'director', part: 'analytics', zone: 'UTC' },
      ...{ system: 'Director DC', deployment: 'dc' },
    })
    expect(start({ kind: 'configuration' }, [dc, dr])).toMatchObject({
      ...{ part: 'configuration', system: '', deployment: '' },
    })
    expect(start({ kind: 'configuration' }, [docs])).toMatchObject({ system: '+new', deployment: '' })
  })

  it('of a Director by its deployment takes the system that it is checked through, and no other', () => {
    const of = (deployment: string) => start({ kind: 'configuration', deployment }, [docs, dc])
    expect(of('dc')).toMatchObject({ kind: 'director', system: 'Director DC', deployment: 'dc' })
    expect(of('dr')).toMatchObject({ kind: 'director', system: '', deployment: 'dr' })
  })

  it('of a system is of what that system is', () => {
    expect(start({ system: 'Director DR' }, [docs, dc, dr])).toMatchObject({
      ...{ kind: 'director', part: 'configuration', system: 'Director DR', deployment: 'dr' },
    })
    expect(start({ system: 'Documents' }, [docs, dc])).toMatchObject({
      ...{ kind: 'files', system: 'Documents', zone: 'Europe/Zurich' },
    })
    expect(start({ kind: 'command', system: 'gone' }, [docs])).toMatchObject({ kind: 'command' })
  })

  it('keeps a Director and its system together, whichever is chosen', () => {
    expect(withDeployment('dr', [dc, dr])).toEqual({ deployment: 'dr', system: 'Director DR' })
    expect(withDeployment('new', [dc, dr])).toEqual({ deployment: 'new' })
    expect(withSystem({ ...start({}), kind: 'director' }, 'Director DC', [dc])).toEqual({
      ...{ system: 'Director DC', deployment: 'dc' },
    })
    expect(withSystem(start({}), 'Director DC', [dc])).toEqual({ system: 'Director DC' })
  })
})

describe('the schedule of the other site', () => {
  const draft: PlanDraft = { ...start({ kind: 'configuration' }) }
  it('is taken as the editor shows it: five fields that mean once a day are a daily one', () => {
    expect(takeSchedule(draft, { kind: 'cron', expression: '5 2 * * *' }, 'UTC')).toEqual({
      ...{ when: 'daily', at: '02:05', zone: 'UTC' },
    })
    expect(takeSchedule(draft, { kind: 'hours', every: 2, minute: 15 }, 'Europe/Zurich')).toEqual({
      ...{ when: 'hours', every: '2', minute: '15', zone: 'Europe/Zurich' },
    })
  })

  it('cannot be taken for analytics data unless it is daily', () => {
    const analytics = { ...draft, part: 'analytics' as const }
    expect(takeSchedule(analytics, { kind: 'cron', expression: '5 2 * * 1' }, 'UTC')).toBeNull()
    expect(takeSchedule(analytics, { kind: 'cron', expression: '5 2 * * *' }, 'UTC')).not.toBeNull()
  })
})
