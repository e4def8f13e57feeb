import { mkdir, readFile, readdir, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { describe, expect, it, onTestFinished } from 'vitest'
import { purgePoint, removePoint } from '../../electron/engine/points/index.ts'
import { directorComponents, directorFileName } from '../../shared/director-files.ts'
import { backUpDirector } from '../support/director/component-run.ts'
import { directorTools } from '../support/director/component-tools.ts'
import { localMachine } from '../support/director-host.ts'
import { objectsIn, openTestEngine } from '../support/engine.ts'
import { tempFolder } from '../support/temp-folder.ts'

/** A disk with a Director's components as a point, and a run of the vendor's own beside it. */
async function setUp() {
  const machine = await localMachine()
  onTestFinished(() => machine.stop())
  const opened = await openTestEngine()
  const folder = await opened.addServer('a')
  await mkdir(folder, { recursive: true })
  await writeFile(join(folder, 'mongo_20230315T070000.dump.gz'), 'the vendor’s own')
  const commands = await directorTools(await tempFolder(), null)
  const job = { host: await machine.open(), commands, servers: ['a'] }
  const { outcome } = await backUpDirector(opened, job)
  if (!outcome) throw new Error('the backup failed')
  return { ...opened, opened, folder, job, outcome, point: outcome.point }
}

describe('a point of a Director’s components', () => {
  it('is listed once, complete, beside what the vendor’s own tool made', async () => {
    const { engine, outcome, point } = await setUp()
    for (const name of [undefined, 'director']) {
      const { points } = await engine.points.list({ all: true, ...(name ? { name } : {}) })
      expect(points.map(one => [one.point, one.state])).toEqual(
        name
          ? [[point, 'complete']]
          : [
              [point, 'complete'],
              ['vendor@20230315T070000', 'no-manifest'],
            ],
      )
      expect(points[0]?.bytes).toBeGreaterThan(outcome.bytes)
    }
    expect((await engine.points.open('director@latest')).point).toBe(point)
  })

  it('is incomplete when one of its files is gone', async () => {
    const { engine, folder, outcome, point } = await setUp()
    await rm(join(folder, directorFileName('elk', outcome.stamp)))
    const { points } = await engine.points.list({ all: true })
    expect(points.find(one => one.point === point)?.state).toBe('incomplete')
  })

  it('is verified byte by byte, and one flipped bit is found', async () => {
    const { engine, folder, outcome, point } = await setUp()
    const options = { point, server: 'a', deep: true, limit: null }
    const good = await (await engine.startVerify(options)).done
    expect(good).toMatchObject({ state: 'succeeded', outcome: { files: 5, damaged: [] } })
    const file = join(folder, directorFileName('postgres', outcome.stamp))
    await writeFile(
      file,
      (await readFile(file)).map((byte, at) => (at === 50 ? byte ^ 1 : byte)),
    )
    const bad = await (await engine.startVerify(options)).done
    expect(bad).toMatchObject({ state: 'failed', failure: { code: 'data.damaged' } })
  })

  it('restores to a folder as the five files', async () => {
    const { engine, folder, outcome, point } = await setUp()
    const into = await tempFolder()
    const options = {
      ...{ point, server: 'a', into, only: [], overwrite: 'never' as const, fullPaths: false },
      ...{ numericIds: false, special: false, limit: null },
    }
    expect(await (await engine.startRestore(options)).done).toMatchObject({ state: 'succeeded', problems: 0 })
    for (const one of directorComponents) {
      const name = directorFileName(one, outcome.stamp)
      expect((await readFile(join(into, name))).equals(await readFile(join(folder, name)))).toBe(true)
    }
    expect((await readdir(into)).length).toBe(5)
  })

  it('is copied to another server as a whole', async () => {
    const { engine, opened, point } = await setUp()
    const other = await opened.addServer('b')
    await mkdir(other, { recursive: true })
    const run = await engine.startCopy({ point, from: 'a', to: 'b', limit: null })
    expect(await run.done).toMatchObject({ state: 'succeeded', problems: 0 })
    const { points } = await engine.points.list({})
    expect(points.find(one => one.point === point)).toMatchObject({ servers: ['a', 'b'], state: 'complete' })
  })

  it('goes with all its files when it is purged; the latest copies and other runs stay', async () => {
    const { engine, folder, point } = await setUp()
    const change = { point, server: 'a', by: 'me' }
    await removePoint(engine.places, { ...change, force: true })
    const { points } = await engine.points.list({ all: true })
    expect(points.map(one => one.point)).toEqual(['vendor@20230315T070000'])
    await purgePoint(engine.places, change)
    expect(await objectsIn(folder)).toEqual(
      [
        ...directorComponents.map(one => directorFileName(one, 'latest')),
        'mongo_20230315T070000.dump.gz',
      ].sort(),
    )
  })
})
