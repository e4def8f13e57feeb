import { readFileSync, renameSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { beforeEach, describe, expect, it } from 'vitest'
import type { Manifest } from '../../electron/engine/archive/manifest.ts'
import { putBackPoint, removePoint } from '../../electron/engine/points/index.ts'
import { MiB } from '../../shared/units.ts'
import type { TestEngine } from '../support/engine.ts'
import {
  backUp,
  commandBackup,
  filesBackup,
  objectsIn,
  onlyManifest,
  openTestEngine,
} from '../support/engine.ts'
import { noise } from '../support/tree.ts'

let test: TestEngine
let from: string
let to: string
let manifest: Manifest
let point: string

beforeEach(async () => {
  test = await openTestEngine()
  from = await test.addServer('from')
  to = await test.addServer('to')
  const source = join(test.root, 'source')
  writeFileSync(source, noise(20 * MiB, 'some'))
  expect((await backUp(test, filesBackup([source], ['from']))).failure).toBeNull()
  manifest = await onlyManifest(from)
  point = `docs@${manifest.stamp}`
})

const start = (limit: number | null = null) => test.engine.startCopy({ point, from: 'from', to: 'to', limit })
const copy = async () => await (await start()).done
const change = () => ({ point, server: 'to', by: 'me' })
const fileOf = () => manifest.files[0]!

async function expectCopied(): Promise<void> {
  expect(await objectsIn(to)).toEqual(await objectsIn(from))
  const run = await test.engine.startVerify({ point, server: 'to', deep: true, limit: null })
  expect(await run.done).toMatchObject({ state: 'succeeded', problems: 0 })
}

/** A copy that fails when all but the entry list and the manifest is there. */
async function failLate(): Promise<void> {
  const list = join(from, fileOf().entries.name)
  renameSync(list, `${list}.away`)
  expect((await copy()).failure).toMatchObject({ code: 'data.missing' })
  renameSync(`${list}.away`, list)
}

describe('a copy that is started anew after one that failed', () => {
  it('keeps what is there and proven, and completes it', async () => {
    await failLate()
    const there = join(to, fileOf().name)
    const { ino } = statSync(there)
    expect(await copy()).toMatchObject({ state: 'succeeded', problems: 0 })
    expect(statSync(there).ino).toBe(ino)
    await expectCopied()
  })

  it('leaves nothing of an upload that broke off', async () => {
    const file = join(from, fileOf().name)
    const good = readFileSync(file)
    const bad = Buffer.from(good)
    bad.fill(0, 9 * MiB, 9 * MiB + 5)
    writeFileSync(file, bad)
    expect((await copy()).failure).toMatchObject({ code: 'data.damaged' })
    expect((await objectsIn(to)).some(name => name.includes('partial'))).toBe(true)
    writeFileSync(file, good)
    expect(await copy()).toMatchObject({ state: 'succeeded', problems: 0 })
    await expectCopied()
  })

  it('changes nothing that turns out to be something else, and says what to do', async () => {
    await failLate()
    const there = join(to, fileOf().name)
    const other = readFileSync(there)
    other.fill(0, 9 * MiB, 9 * MiB + 5)
    writeFileSync(there, other)
    expect((await copy()).failure).toMatchObject({
      code: 'run.conflict',
      detail: expect.stringContaining('purge what is left of the point first') as string,
    })
    expect(readFileSync(there).equals(other)).toBe(true)
  })

  it('waits for one that goes on', async () => {
    const first = await start(64 * 1024)
    while (!(await objectsIn(to)).some(name => name.endsWith('.writing.json')))
      await new Promise(resolve => setTimeout(resolve, 5))
    expect((await copy()).failure).toMatchObject({
      code: 'run.conflict',
      detail: expect.stringContaining(`the copy ${first.id} is writing it`) as string,
    })
    first.stop('operator')
    await first.done
    expect(await copy()).toMatchObject({ state: 'succeeded' })
    await expectCopied()
  })
})

describe('a copy to a server that has the point in its trash', () => {
  it('says so instead of that it is there', async () => {
    await copy()
    await removePoint(test.engine.places, { ...change(), force: true })
    expect((await copy()).failure).toMatchObject({
      code: 'run.conflict',
      detail: 'it is in the trash of to: put it back instead of copying it',
    })
    await putBackPoint(test.engine.places, change())
    expect((await copy()).failure).toMatchObject({ detail: 'to holds this point already' })
  })

  it('does not complete what a purge has begun to remove', async () => {
    await copy()
    await removePoint(test.engine.places, { ...change(), force: true })
    rmSync(join(to, `docs_${manifest.stamp}.manifest.json`))
    expect((await copy()).failure).toMatchObject({
      code: 'run.conflict',
      detail: 'what is left of it is in the trash of to: purge that first',
    })
  })
})

it('a copy brings a file without content', async () => {
  const record = await backUp(test, commandBackup('true', 'empty.sql', ['from']))
  expect(record.failure).toBeNull()
  point = (record.outcome as { point: string }).point
  expect(await copy()).toMatchObject({ state: 'succeeded' })
  const run = await test.engine.startVerify({ point, server: 'to', deep: true, limit: null })
  expect(await run.done).toMatchObject({ state: 'succeeded', problems: 0 })
})

it('a new backup takes no stamp that a marker was left for', async () => {
  const now = Date.parse('2026-03-01T12:00:00.250Z')
  const other = await openTestEngine({ clock: { now: () => now, monotonic: () => performance.now() } })
  const folder = await other.addServer('s')
  const source = join(other.root, 'source')
  writeFileSync(source, 'content')
  for (const [name, stamp] of [
    ['removed', '20260301T120000Z'],
    ['kept', '20260301T120001Z'],
  ] as const)
    writeFileSync(join(folder, `docs_${stamp}.${name}.json`), '{}')
  const record = await backUp(other, filesBackup([source], ['s']))
  expect(record.outcome).toMatchObject({ point: 'docs@20260301T120002Z' })
  expect((await other.engine.points.list({})).points).toMatchObject([
    { state: 'complete', trash: null, kept: false },
  ])
})
