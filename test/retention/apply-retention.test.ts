import { readFileSync, rmSync, statSync, utimesSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { beforeEach, describe, expect, it } from 'vitest'
import { keepPoint, listOnServer, putBackPoint, removePoint } from '../../electron/engine/points/index.ts'
import { applyRetention, purgeDue } from '../../electron/engine/retention/index.ts'
import { dueOf } from '../../electron/engine/retention/due.ts'
import { SteadyClock } from '../../electron/engine/retention/steady-clock.ts'
import { stampOf } from '../../electron/engine/archive/names.ts'
import type { Retention } from '../../shared/plan.ts'
import { forge, pieces } from '../restore/forge.ts'
import type { TestEngine } from '../support/engine.ts'
import { objectsIn, openTestEngine } from '../support/engine.ts'

const day = 24 * 3_600_000
const start = Date.parse('2026-03-20T12:00:00Z')
let now: number
let test: TestEngine
let a: string
let b: string

beforeEach(async () => {
  now = start
  test = await openTestEngine({ clock: { now: () => now, monotonic: () => performance.now() } })
  a = await test.addServer('a')
  b = await test.addServer('b')
})

const content = pieces({ one: '1' })
const daysAgo = (days: number) => stampOf(start - days * day)
const make = (folder: string, days: number, plan = 'docs') =>
  forge(folder, { ...content, plan, stamp: daysAgo(days) })
const plan = (keep: Partial<Retention>, servers = ['a', 'b']) => ({
  name: 'docs',
  servers,
  keep: { last: 0, daily: 0, weekly: 0, monthly: 0, yearly: 0, ...keep },
  zone: 'UTC',
})
const inTrash = async (server: string) =>
  (await listOnServer(test.engine.places, server, { all: true })).points
    .filter(({ trash }) => trash !== null)
    .map(({ point }) => point)
/** Lets the clock be seen every ten days, as a machine in use sees it. */
const passDays = async (days: number) => {
  for (const end = now + days * day; now < end;) {
    now = Math.min(end, now + 10 * day)
    await new SteadyClock(test.home).isSteady(now)
  }
}

describe('applyRetention', () => {
  it('moves to the trash what the rules do not keep, on each server for itself', async () => {
    for (let days = 0; days < 6; days++) make(a, days)
    for (let days = 3; days < 5; days++) make(b, days)
    for (let days = 1; days < 9; days++) make(a, days, 'other')
    const done = await applyRetention(test.engine.places, plan({ last: 3 }))
    expect(done).toMatchObject([
      { server: 'a', removed: [5, 4, 3].map(d => `docs@${daysAgo(d)}`), kept: 3, left: 0, failure: null },
      { server: 'b', removed: [], kept: 2, failure: null },
    ])
    expect(await inTrash('a')).toEqual([3, 4, 5].map(d => `docs@${daysAgo(d)}`))
    expect(await inTrash('b')).toEqual([])
    const [marker] = (await objectsIn(a)).filter(name => name.endsWith('.removed.json'))
    expect(JSON.parse(readFileSync(join(a, marker!), 'utf8'))).toMatchObject({
      by: 'retention of docs',
      removed: '2026-03-20T12:00:00.000Z',
      until: '2026-05-19T12:00:00.000Z',
    })
    // Points in the trash are none of those that are counted.
    expect((await applyRetention(test.engine.places, plan({ last: 3 })))[0]!.removed).toEqual([])
  })

  it('leaves alone what is protected, incomplete, damaged, the newest verified, and a vendor’s', async () => {
    for (let days = 0; days < 7; days++) make(a, days)
    const at = (days: number) => ({ point: `docs@${daysAgo(days)}`, server: 'a', by: 'me' })
    await keepPoint(test.engine.places, { ...at(2), kept: true })
    rmSync(join(a, `docs_files_${daysAgo(3)}.tar.zst`))
    await test.engine.places.verified.noteDamaged('a', at(4).point, new Date(start).toISOString())
    await test.engine.places.verified.note('a', at(5).point, new Date(start).toISOString())
    writeFileSync(join(a, 'mongo_20230315T070000.dump.gz'), 'x')
    writeFileSync(join(a, `docs_${daysAgo(8)}.writing.json`), '{}')
    const [done] = await applyRetention(test.engine.places, plan({ last: 1 }, ['a']))
    expect(done!.removed).toEqual([6, 1].map(d => `docs@${daysAgo(d)}`))
  })

  it('names a server that fails and goes on with the others', async () => {
    for (let days = 0; days < 3; days++) make(b, days)
    rmSync(a, { recursive: true })
    const [first, second] = await applyRetention(test.engine.places, plan({ last: 1 }))
    expect(first!.failure).not.toBeNull()
    expect(second!.removed).toHaveLength(2)
  })

  it('removes at most a thousand at once and the oldest first', { timeout: 60_000 }, async () => {
    make(a, 0)
    const objects = (await objectsIn(a)).map(name => ({ name, text: readFileSync(join(a, name)) }))
    for (let i = 1; i <= 1005; i++) {
      const stamp = stampOf(start - i * 3_600_000)
      for (const { name, text } of objects)
        writeFileSync(
          join(a, name.replace(daysAgo(0), stamp)),
          name.endsWith('.json') ? text.toString().replaceAll(daysAgo(0), stamp) : text,
        )
    }
    const [done] = await applyRetention(test.engine.places, plan({ last: 2 }, ['a']))
    expect(done).toMatchObject({ left: 4, kept: 2 })
    expect(done!.removed).toHaveLength(1000)
    expect(done!.removed[0]).toBe(`docs@${stampOf(start - 1005 * 3_600_000)}`)
    expect((await applyRetention(test.engine.places, plan({ last: 2 }, ['a'])))[0]!.removed).toHaveLength(4)
  })
})

describe('purgeDue', () => {
  const remove = (days: number, trashDays = 60) =>
    removePoint(test.engine.places, { point: `docs@${daysAgo(days)}`, server: 'a', by: 'me', trashDays })
  const purge = () => purgeDue(test.engine.places, 'a', { by: 'test' })

  beforeEach(() => {
    for (let days = 0; days < 4; days++) make(a, days)
  })

  it('purges after the grace period, and not before', async () => {
    await remove(3)
    await remove(2, 90)
    await passDays(59)
    expect(await purge()).toMatchObject({ purged: [], inDoubt: 0 })
    await passDays(2)
    expect(await purge()).toMatchObject({ purged: [`docs@${daysAgo(3)}`], left: 0 })
    expect((await objectsIn(a)).filter(name => name.includes(daysAgo(3)))).toEqual([])
    expect(await inTrash('a')).toEqual([`docs@${daysAgo(2)}`])
  })

  it('purges nothing when the clock jumps ahead, until it has run on for a day', async () => {
    await remove(3)
    await passDays(3)
    await purge()
    now += 61 * day
    expect(await purge()).toMatchObject({ purged: [], inDoubt: 1 })
    // It is found out and set right: nothing is lost.
    now -= 61 * day
    expect(await purge()).toMatchObject({ purged: [], inDoubt: 0 })
    now += 61 * day
    expect(await purge()).toMatchObject({ purged: [], inDoubt: 1 })
    now += day
    expect(await purge()).toMatchObject({ purged: [`docs@${daysAgo(3)}`] })
  })

  it('leaves alone what was put back or protected', async () => {
    await remove(3)
    await remove(2)
    await putBackPoint(test.engine.places, { point: `docs@${daysAgo(3)}`, server: 'a', by: 'me' })
    // Two machines at once: removed by one, protected by the other.
    writeFileSync(join(a, `docs_${daysAgo(2)}.kept.json`), '{}')
    await passDays(70)
    expect(await purge()).toMatchObject({ purged: [] })
    expect((await listOnServer(test.engine.places, 'a')).points).toHaveLength(4)
  })

  it('is part of what retention does after a run', async () => {
    await applyRetention(test.engine.places, plan({ last: 2 }, ['a']))
    await passDays(61)
    const [done] = await applyRetention(test.engine.places, plan({ last: 2 }, ['a']))
    expect(done!.purge.purged).toEqual([3, 2].map(d => `docs@${daysAgo(d)}`))
    expect(done!.purge.bytes).toBeGreaterThan(0)
  })

  it('reads a marker again only when it has changed', async () => {
    await remove(3)
    const marker = join(a, `docs_${daysAgo(3)}.removed.json`)
    await purge()
    const { size, mtimeMs } = statSync(marker)
    writeFileSync(marker, 'x'.repeat(size))
    utimesSync(marker, mtimeMs / 1000, mtimeMs / 1000)
    const before = (await listOnServer(test.engine.places, 'a')).points[3]!.trash
    utimesSync(marker, 5, 5)
    const after = (await listOnServer(test.engine.places, 'a')).points[3]!.trash
    expect([before?.by, after?.by]).toEqual(['me', 'not known'])
  })
})

describe('dueOf', () => {
  const marker = {
    drydockRemoved: 1 as const,
    removed: '2026-01-01T00:00:00.000Z',
    until: '2026-03-01T00:00:00.000Z',
    by: '',
    tool: '',
  }
  const t = (text: string) => Date.parse(text)
  const written = t('2026-01-01T00:00:05Z')
  it.each([
    ['before the end', '2026-02-28T23:59:59Z', true, '2026-04-01T00:00:00Z', 'not yet'],
    ['both clocks past it', '2026-03-02T00:00:00Z', false, '2026-03-02T00:00:00Z', 'due'],
    ['only ours past it', '2026-03-02T00:00:00Z', true, '2026-01-02T00:00:00Z', 'clock in doubt'],
    ['the server telling nothing, ours steady', '2026-03-02T00:00:00Z', true, null, 'due'],
    ['the server telling nothing, ours jumped', '2026-03-02T00:00:00Z', false, null, 'clock in doubt'],
  ])('is told with %s', (_, now, steady, server, due) => {
    expect(dueOf(marker, written, { now: t(now), steady, server: server === null ? null : t(server) })).toBe(
      due,
    )
  })

  it('gives the whole grace period though the clock of who removed it was behind', () => {
    // Removed in March by a machine that believed in January: its end is over at once.
    const late = t('2026-03-10T00:00:00Z')
    const time = { now: late + 60_000, steady: true, server: late + 60_000 }
    expect(dueOf(marker, late, time)).toBe('clock in doubt')
    const after = late + 59 * day
    expect(dueOf(marker, late, { now: after, steady: true, server: after })).toBe('due')
  })
})
