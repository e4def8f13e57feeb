import { describe, expect, it } from 'vitest'
import { EngineError } from '../../electron/engine/engine-error.ts'
import { overdueOf } from '../../electron/engine/schedule/overdue.ts'
import { planOf, World } from './support/world.ts'

const minute = 60_000
const hour = 60 * minute
const start = Date.parse('2026-11-20T00:00:00Z')
const hourly = planOf('hourly', { schedule: { kind: 'hours', every: 1, minute: 15 } })
const locked = () => new EngineError('auth.vault-locked', 'vault.get')
const dues = (world: World) => world.runs.map(({ due }) => new Date(due).toISOString().slice(11, 16))

function worldWith(...plans: ReturnType<typeof planOf>[]): World {
  const world = new World(start)
  for (const plan of plans) world.add(plan)
  world.boot()
  return world
}

describe('Scheduler', () => {
  it('begins a run at its due time and not before', async () => {
    const world = worldWith(hourly)
    await world.pass(15 * minute - 1)
    expect(world.runs).toEqual([])
    await world.pass(1)
    expect(world.runs.map(({ began }) => began - start)).toEqual([15 * minute])
  })

  it('runs nothing twice when the clock goes back over runs, and goes on at once', async () => {
    const world = worldWith(hourly)
    await world.pass(3 * hour)
    world.offset -= 2 * hour
    await world.pass(4 * hour)
    expect(dues(world)).toEqual(['00:15', '01:15', '02:15', '03:15', '04:15'])
  })

  it('gives times that a clock set wrongly had passed over their turn once it is right again', async () => {
    const world = worldWith({ ...hourly, missed: 'skip' })
    await world.pass(hour)
    world.offset += 365 * 24 * hour
    await world.pass(5 * minute)
    expect(world.plan('hourly').account.missed).toBeGreaterThan(8000)
    world.offset -= 365 * 24 * hour
    await world.pass(3 * hour)
    expect(dues(world)).toContain('02:15')
    expect(dues(world)).toContain('03:15')
    expect(world.plan('hourly').account.missed).toBe(0)
  })

  it('begins the next right after a run that is still going, and one for all that came due meanwhile', async () => {
    const world = worldWith(hourly)
    world.duration = ({ due }) => (due === start + 15 * minute ? 3 * hour : minute)
    await world.pass(5 * hour)
    expect(world.runs.map(({ due, began }) => [(due - start) / minute, (began - start) / minute])).toEqual([
      [15, 15],
      [195, 195],
      [255, 255],
    ])
    expect(world.notes.filter(({ note }) => note.as === 'missed')).toHaveLength(2)
  })

  it('makes the newest up after sleep, or none, as the plan says', async () => {
    const skip = planOf('skip', { schedule: hourly.schedule, missed: 'skip' })
    const world = worldWith(hourly, skip)
    await world.pass(30 * minute)
    world.offset += 5 * hour
    await world.pass(minute)
    expect(
      world.runs.filter(({ plan }) => plan === 'hourly').map(({ due }) => (due - start) / minute),
    ).toEqual([15, 315])
    expect(world.runs.filter(({ plan }) => plan === 'skip').map(({ due }) => (due - start) / minute)).toEqual(
      [15],
    )
    expect(world.plan('skip').account.missed).toBe(5)
    expect(world.told).toMatchObject([{ plan: 'skip', since: start + 75 * minute }])
  })

  it('tells once that a run is overdue, with the reason, and begins it when it can', async () => {
    const world = worldWith(hourly)
    world.blocked.set('hourly', locked())
    await world.pass(25 * minute)
    expect(world.told).toEqual([])
    await world.pass(20 * minute)
    expect(world.told).toMatchObject([
      { plan: 'hourly', since: start + 15 * minute, reason: 'the vault is locked' },
    ])
    expect(overdueOf(world.plan('hourly'), world.wall, 'here')).toEqual({
      since: start + 15 * minute,
      reason: 'the vault is locked',
    })
    world.blocked.clear()
    await world.pass(minute)
    expect(dues(world)).toEqual(['00:15'])
    expect(world.told).toHaveLength(1)
    expect(overdueOf(world.plan('hourly'), world.wall, 'here')).toBeNull()
  })

  it('gives a blocked run up after the grace when the plan skips, and keeps saying why', async () => {
    const world = worldWith({ ...hourly, missed: 'skip' })
    world.blocked.set('hourly', locked())
    await world.pass(30 * minute)
    world.blocked.clear()
    await world.pass(20 * minute)
    expect(world.runs).toEqual([])
    expect(overdueOf(world.plan('hourly'), world.wall, 'here')).toMatchObject({
      reason: 'the vault is locked',
    })
    await world.pass(hour)
    expect(dues(world)).toEqual(['01:15'])
    expect(world.told).toHaveLength(1)
  })

  it('says that nobody runs plans when nobody does', async () => {
    const world = worldWith(hourly)
    world.kill()
    world.mono += 2 * hour
    const record = world.plan('hourly')
    expect(overdueOf(record, world.wall, 'nobody')).toMatchObject({ since: start + 15 * minute })
    expect(overdueOf({ ...record, state: 'stopped' }, world.wall, 'nobody')).toBeNull()
  })

  for (const death of ['before', 'after'] as const)
    it(`runs a due time once when the process dies ${death} its run is there`, async () => {
      const world = worldWith(hourly)
      world.dies = () => death
      await world.pass(16 * minute)
      world.dies = () => null
      world.boot()
      await world.pass(10 * minute)
      expect(dues(world)).toEqual(['00:15'])
      expect(world.plan('hourly').lastRun).toBe('run-0')
    })

  it('looks at all plans although one cannot be begun', async () => {
    const world = worldWith(planOf('broken', { schedule: hourly.schedule }), hourly)
    world.blocked.set('broken', new EngineError('input.invalid', 'server.get', { detail: 'no such server' }))
    await world.pass(hour)
    expect(world.runs.map(({ plan }) => plan)).toEqual(['hourly'])
  })
})
