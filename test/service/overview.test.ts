import { mkdir, rename, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import type { OutputOf } from '../../shared/contract/index.ts'
import type { RunSnapshot } from '../../shared/contract/run.ts'
import { tempFolder } from '../support/temp-folder.ts'
import type { TestService } from './support.ts'
import { openTestService } from './support.ts'

type Overview = OutputOf<'overview.get'>

/** Asks again at each event that says that it has changed: nothing here waits for the five minutes. */
async function until(test: TestService, wanted: (now: Overview) => boolean): Promise<Overview> {
  for (;;) {
    test.events.length = 0
    const now = await test.call('overview.get')
    if (wanted(now)) return now
    await test.sees('overview.changed')
  }
}

const add = (test: TestService, path: string) =>
  test.call('server.save', { record: { type: 'local', name: 'stick', path }, secrets: null, replaces: null })

async function stickWithPoint(root: string): Promise<string> {
  const test = await openTestService({ root: join(root, 'old') })
  await mkdir(join(root, 'data'), { recursive: true })
  await writeFile(join(root, 'data', 'file'), 'some text')
  const stick = join(root, 'stick')
  await add(test, stick)
  await test.call('system.save', {
    record: { name: 'Docs', kind: 'folder', dataLossTarget: null, recoveryTarget: null },
    replaces: null,
  })
  await test.call('plan.save', {
    settings: {
      ...{ name: 'docs', system: 'Docs', zone: 'UTC', servers: ['stick'], compression: 'zstd', level: 1 },
      source: { kind: 'files', paths: [join(root, 'data')], excludes: [] },
      schedule: { kind: 'daily', at: '02:30' },
      keep: { last: 0, daily: 0, weekly: 0, monthly: 0, yearly: 0 },
      ...{ before: null, after: null, missed: 'latest', limit: null, verifyAfter: false, encryptTo: null },
    },
    replaces: null,
    passphrase: null,
  })
  const { runId } = await test.call('plan.run', { name: 'docs' })
  await test.sees<RunSnapshot>('run.changed', run => run.id === runId && run.state === 'succeeded')
  await test.close()
  return stick
}

describe('the overview of a console', () => {
  it('hears of the points on a server that was just added, of a removal, and of an edit', async () => {
    const root = await tempFolder()
    const stick = await stickWithPoint(root)
    const test = await openTestService({ root: join(root, 'new') })
    expect(await test.call('overview.get')).toMatchObject({ servers: 0, points: 0 })
    await add(test, stick)
    await until(test, ({ points }) => points === 1)
    const { points } = await test.call('point.list', { server: 'stick' })
    await test.call('point.remove', { server: 'stick', point: points[0]!.point, force: true })
    await until(test, now => now.points === 0)
    await test.call('point.putBack', { server: 'stick', point: points[0]!.point })
    await until(test, now => now.points === 1)
    const empty = { type: 'local' as const, name: 'stick', path: join(root, 'other') }
    await mkdir(empty.path)
    await test.call('server.save', { record: empty, secrets: null, replaces: 'stick' })
    await until(test, now => now.points === 0 && now.asking.length === 0)
  })

  it('hears again of a disk that was plugged in once its test goes well', async () => {
    const root = await tempFolder()
    const stick = await stickWithPoint(root)
    const test = await openTestService({ root: join(root, 'old') })
    await rename(stick, `${stick}.away`)
    await until(test, ({ failed, asking }) => failed.length === 1 && asking.length === 0)
    await rename(`${stick}.away`, stick)
    await test.call('server.test', { name: 'stick' })
    const now = await until(test, ({ failed }) => failed.length === 0)
    expect(now.systems[0]).toMatchObject({ readiness: 'not-proven', lastGood: { at: expect.any(String) } })
  })

  it('forgets a test that did not reach the disk once the disk has answered', async () => {
    const root = await tempFolder()
    const stick = await stickWithPoint(root)
    const test = await openTestService({ root: join(root, 'old') })
    await rename(stick, `${stick}.away`)
    expect((await test.call('server.test', { name: 'stick' })).failure).not.toBeNull()
    await rename(`${stick}.away`, stick)
    await test.call('overview.refresh')
    await test.sees('server.changed')
    for (;;) {
      const { servers } = await test.call('server.list')
      if (servers[0]?.lastTest === null) break
      test.events.length = 0
      await test.sees('server.changed')
    }
  })
})

it('tells which paths of a plan are not there', async () => {
  const test = await openTestService()
  const gone = join(test.root, 'gone')
  expect(await test.call('plan.missing', { paths: [test.root, gone] })).toEqual({ missing: [gone] })
})
