import { describe, expect, it } from 'vitest'
import type { PlanSettings } from '../../shared/plan.ts'
import { dueTimes } from '../../shared/schedule/index.ts'
import { planOf, randomOf, World } from './support/world.ts'

const minute = 60_000
const hour = 60 * minute
const day = 24 * hour
const start = Date.parse('2026-01-01T00:00:00Z')

const zones = ['Europe/Zurich', 'America/New_York', 'UTC', 'Australia/Lord_Howe']

describe('Scheduler over a simulated year', () => {
  for (const [index, zone] of zones.entries())
    it(`runs or passes over every due time in ${zone} exactly once, whatever sleeps, dies or sets the clock`, async () => {
      const world = new World(start)
      const random = randomOf(20_261_120 + index)
      // Every half minute would only make the year long: due times are met by their own timers.
      world.lookEveryMs = 2 * hour
      // From a minute to five hours: hourly plans overlap.
      world.duration = () => Math.round(minute + random() ** 6 * 5 * hour)
      world.dies = () => (random() < 0.002 ? (random() < 0.5 ? 'before' : 'after') : null)
      const plans = [
        planOf('nightly', { zone, schedule: { kind: 'daily', at: '02:30' }, missed: 'skip' }),
        planOf('hourly', { zone, schedule: { kind: 'hours', every: 1, minute: 15 } }),
        planOf('hourly-skip', { zone, schedule: { kind: 'hours', every: 1, minute: 45 }, missed: 'skip' }),
        planOf('weekly', { zone, schedule: { kind: 'cron', expression: '10 0,1,2 * * SUN' } }),
      ]
      for (const plan of plans) world.add(plan)
      world.boot()
      let wrong = 0
      while (world.wall - wrong < start + 365 * day) {
        await world.pass(Math.round(random() * 20 * hour))
        const what = random()
        if (what < 0.3) world.offset += Math.round(random() ** 3 * 3 * day)
        else if (what < 0.4) {
          world.kill()
          world.mono += Math.round(random() ** 3 * 2 * day)
        } else if (what < 0.45) world.kill()
        else if (what < 0.6 && wrong === 0) {
          // Somebody sets the clock wrong, sometimes by days, and right again later.
          wrong = Math.round((random() - 0.5) * (random() < 0.2 ? 8 * day : 6 * hour))
          world.offset += wrong
        } else if (wrong !== 0) {
          world.offset -= wrong
          wrong = 0
        }
        if (!world.alive) world.boot()
      }
      world.offset -= wrong
      world.kill()
      world.dies = () => null
      world.lookEveryMs = minute / 2
      world.boot()
      await world.pass(8 * hour)
      for (const plan of plans) expectExactlyOnce(world, plan)
    }, 120_000)
})

function expectExactlyOnce(world: World, plan: PlanSettings): void {
  const state = new Map<number, 'ran' | 'missed' | 'back'>()
  let ran = 0
  for (const { plan: name, note } of world.notes) {
    if (name !== plan.name) continue
    const before = state.get(note.due)
    const about = `${name} ${new Date(note.due).toISOString()} ${before ?? 'new'} → ${note.as}`
    if (note.as === 'back') expect(before, about).toBe('missed')
    else expect(['back', undefined], about).toContain(before)
    if (note.as === 'ran') ran++
    state.set(note.due, note.as)
  }
  const { account } = world.plan(plan.name)
  const expected = dueTimes(plan.schedule, plan.zone, start, { to: world.wall })
  const open = expected.filter(
    due => !['ran', 'missed'].includes(state.get(due) ?? '') && due !== account.waiting?.due,
  )
  expect(
    open.map(due => new Date(due).toISOString()),
    plan.name,
  ).toEqual([])
  // What a clock that was ahead had passed over must have been taken back.
  const early = [...state].filter(([due, as]) => as === 'missed' && due > world.wall)
  expect(early, plan.name).toEqual([])
  // Else the year would prove nothing.
  expect(ran, plan.name).toBeGreaterThan(expected.length / 10)
}
