import { execFileSync } from 'node:child_process'
import { existsSync, readFileSync, rmSync, utimesSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { beforeEach, describe, expect, it } from 'vitest'
import {
  keepPoint,
  listOnServer,
  purgePoint,
  putBackPoint,
  removePoint,
} from '../../electron/engine/points/index.ts'
import { purgeDue } from '../../electron/engine/retention/index.ts'
import { forge, pieces } from '../restore/forge.ts'
import type { TestEngine } from '../support/engine.ts'
import { objectsIn, openTestEngine } from '../support/engine.ts'

let test: TestEngine
let a: string
let b: string

beforeEach(async () => {
  test = await openTestEngine()
  a = await test.addServer('a')
  b = await test.addServer('b')
})

const stamps = ['20260101T000000Z', '20260102T000000Z', '20260103T000000Z']
const content = pieces({ one: '1' })
const make = (folder: string, stamp: string, plan = 'docs') => forge(folder, { ...content, plan, stamp })
const on = (server: string, stamp: string) => ({ point: `docs@${stamp}`, server, by: 'me@here' })
const remove = (server: string, stamp: string, more: object = {}) =>
  removePoint(test.engine.places, { ...on(server, stamp), ...more })
const listed = async (server: string, all = false) =>
  (await listOnServer(test.engine.places, server, { all })).points

describe('removing a point', () => {
  beforeEach(() => {
    for (const stamp of stamps) make(a, stamp)
  })

  it('puts it into the trash of that server alone and changes nothing of it', async () => {
    make(b, stamps[2]!)
    make(b, stamps[1]!)
    const before = await objectsIn(a)
    const { until } = await remove('a', stamps[2]!)
    expect(Date.parse(until) - Date.now()).toBeGreaterThan(59.9 * 24 * 3_600_000)
    expect(await objectsIn(a)).toEqual([...before, `docs_${stamps[2]}.removed.json`].sort())
    expect((await listed('a'))[0]).toMatchObject({
      point: `docs@${stamps[2]}`,
      state: 'complete',
      kept: false,
      trash: { until, by: 'me@here', since: expect.any(String) as string },
    })
    expect((await listed('a')).slice(1).map(({ trash }) => trash)).toEqual([null, null])
    expect((await listed('b'))[0]).toMatchObject({ trash: null })
    const { points } = await test.engine.points.list({})
    expect(points.map(({ stamp, servers }) => [stamp, servers])).toEqual([
      [stamps[2], ['b']],
      [stamps[1], ['a', 'b']],
      [stamps[0], ['a']],
    ])
    expect((await test.engine.points.list({ trash: true })).points).toMatchObject([
      { stamp: stamps[2], servers: ['a'], trash: { until } },
    ])
  })

  it('hides it from latest and from the choice of a server, and opens it by its stamp', async () => {
    await remove('a', stamps[2]!)
    expect(await test.engine.points.open('docs@latest')).toMatchObject({ point: `docs@${stamps[1]}` })
    const opened = await test.engine.points.open(`docs@${stamps[2]}`)
    expect(opened).toMatchObject({ server: 'a', inTrash: true })
    make(b, stamps[2]!)
    const elsewhere = await test.engine.points.open(`docs@${stamps[2]}`)
    expect(elsewhere.server).toBe('b')
    expect(elsewhere.inTrash).toBeUndefined()
  })

  it('says that a point is only in the trash when there is no other', async () => {
    for (const stamp of stamps) await remove('a', stamp, { force: true })
    await expect(test.engine.points.open('docs@latest')).rejects.toMatchObject({
      code: 'data.missing',
      detail: `only in the trash: docs@${stamps[2]} on a`,
    })
  })

  it('keeps the end of the grace period when it is removed again', async () => {
    const { until } = await remove('a', stamps[0]!, { trashDays: 3 })
    expect(await remove('a', stamps[0]!, { trashDays: 30 })).toEqual({ until })
  })

  it('refuses the last good one of its name on that server unless it is forced', async () => {
    for (const stamp of stamps) make(b, stamp)
    await remove('a', stamps[0]!)
    // Damaged and incomplete ones are no way back.
    await test.engine.places.verified.noteDamaged('a', `docs@${stamps[1]}`, '2026-01-05T00:00:00.000Z')
    await expect(remove('a', stamps[2]!)).rejects.toMatchObject({ code: 'run.conflict' })
    expect(existsSync(join(a, `docs_${stamps[2]}.removed.json`))).toBe(false)
    await remove('a', stamps[1]!)
    await remove('a', stamps[2]!, { force: true })
    expect((await listed('a')).every(({ trash }) => trash !== null)).toBe(true)
  })

  it('refuses a protected one, and protecting refuses one in the trash', async () => {
    await keepPoint(test.engine.places, { ...on('a', stamps[0]!), kept: true })
    expect((await listed('a'))[2]).toMatchObject({ kept: true, trash: null })
    await expect(remove('a', stamps[0]!, { force: true })).rejects.toMatchObject({ code: 'run.conflict' })
    await keepPoint(test.engine.places, { ...on('a', stamps[0]!), kept: false })
    await remove('a', stamps[0]!)
    await expect(keepPoint(test.engine.places, { ...on('a', stamps[0]!), kept: true })).rejects.toMatchObject(
      { code: 'run.conflict' },
    )
    expect((await objectsIn(a)).filter(name => name.endsWith('.kept.json'))).toEqual([])
  })

  it('refuses latest, what is not there, and files of a vendor’s own tool', async () => {
    writeFileSync(join(a, 'mongo_20230315T070000.dump.gz'), 'x')
    writeFileSync(join(a, 'elk_20230316T070000Z_dump.tar.gz'), 'x')
    const before = await objectsIn(a)
    const at = { server: 'a', by: 'me' }
    for (const [point, code] of [
      ['docs@latest', 'input.invalid'],
      ['docs@20250101T000000Z', 'data.missing'],
      ['vendor@20230315T070000', 'remote.unsupported'],
      ['vendor@20230316T070000Z', 'remote.unsupported'],
    ] as const) {
      await expect(removePoint(test.engine.places, { point, ...at })).rejects.toMatchObject({ code })
      await expect(keepPoint(test.engine.places, { point, ...at, kept: true })).rejects.toMatchObject({
        code,
      })
      await expect(purgePoint(test.engine.places, { point, ...at })).rejects.toMatchObject({ code })
    }
    expect(await objectsIn(a)).toEqual(before)
  })

  it('refuses one that another machine may be writing, until its note is a week old', async () => {
    const note = join(a, 'docs_20260104T000000Z.writing.json')
    writeFileSync(note, JSON.stringify({ drydockWriting: 1, run: 'unknown', host: 'other', plan: 'docs' }))
    writeFileSync(join(a, 'docs_files_20260104T000000Z.tar.zst'), 'half')
    await expect(remove('a', '20260104T000000Z')).rejects.toMatchObject({
      code: 'run.conflict',
      detail: expect.stringContaining('other') as string,
    })
    await expect(purgePoint(test.engine.places, on('a', '20260104T000000Z'))).rejects.toMatchObject({
      code: 'run.conflict',
    })
    utimesSync(note, 1_700_000_000, 1_700_000_000)
    await remove('a', '20260104T000000Z')
    expect((await listed('a', true))[0]).toMatchObject({ state: 'incomplete', trash: { by: 'me@here' } })
  })

  it('leaves a point whose marker cannot be understood in the trash, and never purges it on its own', async () => {
    const marker = join(a, `docs_${stamps[0]}.removed.json`)
    writeFileSync(marker, 'no JSON')
    utimesSync(marker, 1, 1)
    expect((await listed('a'))[2]).toMatchObject({ trash: { by: 'not known' } })
    expect(await purgeDue(test.engine.places, 'a', { by: 'test' })).toMatchObject({ purged: [] })
    await putBackPoint(test.engine.places, on('a', stamps[0]!))
    expect((await listed('a'))[2]).toMatchObject({ trash: null })
  })
})

describe('putting a point back', () => {
  it('makes it what it was', async () => {
    for (const stamp of stamps) make(a, stamp)
    const before = await listed('a')
    await remove('a', stamps[2]!)
    await putBackPoint(test.engine.places, on('a', stamps[2]!))
    expect(await listed('a')).toEqual(before)
    await putBackPoint(test.engine.places, on('a', stamps[2]!))
    expect(await test.engine.points.open('docs@latest')).toMatchObject({ point: `docs@${stamps[2]}` })
  })

  it('is refused once a purge has begun', async () => {
    for (const stamp of stamps) make(a, stamp)
    await remove('a', stamps[0]!)
    const marker = join(a, `docs_${stamps[0]}.removed.json`)
    const text = JSON.parse(readFileSync(marker, 'utf8')) as object
    writeFileSync(marker, JSON.stringify({ ...text, purging: '2026-01-01T00:00:00.000Z' }))
    await expect(putBackPoint(test.engine.places, on('a', stamps[0]!))).rejects.toMatchObject({
      code: 'run.conflict',
    })
  })
})

describe('purging a point', () => {
  it('refuses one outside the trash, and takes all of one in it', async () => {
    for (const stamp of stamps) make(a, stamp)
    const rest = (await objectsIn(a)).filter(name => !name.includes(stamps[0]!))
    await expect(purgePoint(test.engine.places, on('a', stamps[0]!))).rejects.toMatchObject({
      code: 'run.conflict',
    })
    await test.engine.places.verified.noteDamaged('a', `docs@${stamps[0]}`, '2026-01-05T00:00:00.000Z')
    await remove('a', stamps[0]!)
    const { objects, bytes } = await purgePoint(test.engine.places, on('a', stamps[0]!))
    expect(objects).toHaveLength(3)
    expect(bytes).toBeGreaterThan(0)
    expect(await objectsIn(a)).toEqual(rest)
    expect((await test.engine.places.verified.read()).damaged('a', `docs@${stamps[0]}`)).toBe(false)
    const log = readFileSync(join(test.home, 'removals.jsonl'), 'utf8').trim().split('\n')
    expect(log.map(line => (JSON.parse(line) as { did: string }).did)).toEqual([
      'to the trash',
      'purge begins',
      'purged',
    ])
    expect(log[2]).toContain(`docs_files_${stamps[0]}.tar.zst`)
  })

  it('takes one that was never completed without a stay in the trash', async () => {
    for (const stamp of stamps) make(a, stamp)
    rmSync(join(a, `docs_${stamps[2]}.manifest.json`))
    await purgePoint(test.engine.places, on('a', stamps[2]!))
    expect((await objectsIn(a)).filter(name => name.includes(stamps[2]!))).toEqual([])
  })

  it.each([1, 2, 3, 4])('that is killed before its removal no. %i is finished by the next', async deadly => {
    for (const stamp of stamps) make(a, stamp)
    const rest = (await objectsIn(a)).filter(name => !name.includes(stamps[0]!))
    await remove('a', stamps[0]!)
    const script = join(import.meta.dirname, 'fixtures/purge-child.ts')
    const args = [script, test.home, 'a', `docs@${stamps[0]}`, String(deadly)]
    expect(() => execFileSync(process.execPath, args, { stdio: 'ignore' })).toThrow()
    const left = (await listed('a', true)).find(({ stamp }) => stamp === stamps[0])
    expect(left?.trash).not.toBeNull()
    expect(left?.state).toBe(deadly === 1 ? 'complete' : 'incomplete')
    expect((await test.engine.points.list({ all: true })).points.map(({ stamp }) => stamp)).toEqual([
      stamps[2],
      stamps[1],
    ])
    await expect(putBackPoint(test.engine.places, on('a', stamps[0]!))).rejects.toMatchObject({
      code: 'run.conflict',
    })
    expect(await purgeDue(test.engine.places, 'a', { by: 'test' })).toMatchObject({
      purged: [`docs@${stamps[0]}`],
    })
    expect(await objectsIn(a)).toEqual(rest)
  })
})
