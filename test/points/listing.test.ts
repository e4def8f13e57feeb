import { copyFileSync, readFileSync, readdirSync, rmSync, utimesSync, writeFileSync } from 'node:fs'
import { mkdirSync } from 'node:fs'
import { join } from 'node:path'
import { beforeEach, describe, expect, it } from 'vitest'
import { findVendorFiles, vendorStamp } from '../../electron/engine/points/vendor-point.ts'
import type { TestEngine } from '../support/engine.ts'
import { backUp, filesBackup, objectsIn, openTestEngine } from '../support/engine.ts'
import { countReads } from '../restore/count-reads.ts'
import { forge, pieces } from '../restore/forge.ts'

let test: TestEngine
let a: string
let b: string

beforeEach(async () => {
  test = await openTestEngine()
  a = await test.addServer('a')
  b = await test.addServer('b')
})

const content = pieces({ one: '1', two: '22' })
const make = (folder: string, stamp: string, plan = 'docs') => forge(folder, { ...content, plan, stamp })
const list = async (filter: Parameters<TestEngine['engine']['points']['list']>[0] = {}) =>
  await test.engine.points.list(filter)
const brief = async (filter: Parameters<TestEngine['engine']['points']['list']>[0] = {}) =>
  (await list(filter)).points.map(
    ({ point, servers, state, files }) => `${point} ${servers.join('+')} ${state} ${files}`,
  )

describe('points.list', () => {
  it('tells complete from incomplete points, newest first', async () => {
    make(a, '20260101T000000Z')
    make(a, '20260103T000000Z')
    make(a, '20260102T000000Z', 'other')
    writeFileSync(join(a, 'docs_20260104T000000Z.writing.json'), '{}')
    writeFileSync(join(a, 'docs_files_20260104T000000Z.tar.zst'), 'half')
    make(a, '20260105T000000Z')
    rmSync(join(a, 'docs_20260105T000000Z.manifest.json'))
    make(a, '20260106T000000Z')
    rmSync(join(a, 'docs_files_20260106T000000Z.tar.zst'))
    make(a, '20260107T000000Z')
    writeFileSync(join(a, 'docs_20260107T000000Z.manifest.json'), 'not JSON')
    const complete = [
      'docs@20260103T000000Z a complete 2',
      'other@20260102T000000Z a complete 2',
      'docs@20260101T000000Z a complete 2',
    ]
    expect(await brief()).toEqual(complete)
    expect(await brief({ name: 'docs' })).toEqual([complete[0], complete[2]])
    expect(await brief({ server: 'b' })).toEqual([])
    expect(await brief({ all: true })).toEqual([
      'docs@20260107T000000Z a incomplete 0',
      'docs@20260106T000000Z a incomplete 2',
      'docs@20260105T000000Z a incomplete 2',
      'docs@20260104T000000Z a incomplete 1',
      ...complete,
    ])
  })

  it('takes the same point on several servers for one, those first that hold it complete', async () => {
    for (const folder of [a, b]) make(folder, '20260101T000000Z')
    make(b, '20260102T000000Z')
    make(a, '20260102T000000Z')
    rmSync(join(a, 'docs_files_20260102T000000Z.tar.zst'))
    expect(await brief()).toEqual([
      'docs@20260102T000000Z b complete 2',
      'docs@20260101T000000Z a+b complete 2',
    ])
    expect(await brief({ all: true })).toEqual([
      'docs@20260102T000000Z b+a complete 2',
      'docs@20260101T000000Z a+b complete 2',
    ])
    expect(await test.engine.points.open('docs@20260102T000000Z')).toMatchObject({ server: 'b' })
    expect(await test.engine.points.open('docs@20260101T000000Z')).toMatchObject({ server: 'a' })
    expect(await test.engine.points.open('docs@20260101T000000Z', { server: 'b' })).toMatchObject({
      server: 'b',
    })
  })

  it('names a server that cannot be asked and lists the others', async () => {
    make(b, '20260101T000000Z')
    rmSync(a, { recursive: true })
    const { points, failed } = await list()
    expect(points).toHaveLength(1)
    expect(failed).toMatchObject([
      { server: 'a', failure: { code: expect.stringMatching(/^(trust|remote|local)\./) as string } },
    ])
    expect(await test.engine.points.open('docs@latest')).toMatchObject({
      server: 'b',
      point: 'docs@20260101T000000Z',
    })
  })

  it('opens as latest the newest complete one of any server', async () => {
    make(a, '20260101T000000Z')
    make(b, '20260103T000000Z')
    make(a, '20260104T000000Z')
    rmSync(join(a, 'docs_files_20260104T000000Z.tar.zst'))
    make(a, '20260105T000000Z')
    rmSync(join(a, 'docs_20260105T000000Z.manifest.json'))
    expect(await test.engine.points.open('docs@latest')).toMatchObject({
      server: 'b',
      point: 'docs@20260103T000000Z',
    })
    // One that is named is opened though its file is gone, so that it can be told what is missing.
    expect(await test.engine.points.open('docs@20260104T000000Z')).toMatchObject({ server: 'a' })
    await expect(test.engine.points.open('docs@20260105T000000Z')).rejects.toMatchObject({
      code: 'data.missing',
    })
    await expect(test.engine.points.open('none@latest')).rejects.toMatchObject({ code: 'data.missing' })
  })

  it('says when a point was verified, as long as it is whole', async () => {
    const source = join(test.root, 'source')
    mkdirSync(source)
    writeFileSync(join(source, 'file'), 'content')
    await backUp(test, filesBackup([source], ['a']))
    const { point } = (await list()).points[0]!
    const verify = async (deep: boolean) =>
      await (
        await test.engine.startVerify({ point, server: 'a', deep, limit: null })
      ).done
    await verify(false)
    expect((await list()).points[0]!.verified).toBeNull()
    await verify(true)
    expect((await list()).points[0]!.verified).toMatch(/^\d{4}-\d\d-\d\dT[\d:.]+Z$/)
    rmSync(
      join(
        a,
        (await objectsIn(a)).find(name => name.endsWith('.tar.zst'))!,
      ),
    )
    expect((await verify(false)).failure).toMatchObject({ code: 'data.missing' })
    expect((await list({ all: true })).points[0]).toMatchObject({ verified: null, state: 'incomplete' })
  })

  it('lists 10,000 points, and reads no manifest a second time', { timeout: 120_000 }, async () => {
    make(a, '20260101T000000Z')
    const first = (await objectsIn(a)).map(name => ({ name, text: readFileSync(join(a, name)) }))
    for (let i = 1; i < 10_000; i++) {
      const stamp = `2026${String(1 + Math.floor(i / 1000)).padStart(2, '0')}02T${String(Math.floor(i / 600) % 24).padStart(2, '0')}${String(Math.floor(i / 60) % 60).padStart(2, '0')}${String(i % 60).padStart(2, '0')}Z`
      for (const { name, text } of first) {
        const renamed = name.replace('20260101T000000Z', stamp)
        writeFileSync(
          join(a, renamed),
          renamed.endsWith('.json') ? text.toString().replaceAll('20260101T000000Z', stamp) : text,
        )
      }
    }
    const counted = countReads(test.engine)
    const before = (await list()).points.length
    expect(before).toBe(10_000)
    expect(counted.readsOf('.manifest.json')).toBe(10_000)
    const again = countReads(test.engine)
    expect((await list()).points).toHaveLength(10_000)
    expect(again.readsOf('.manifest.json')).toBe(0)
    // One that has changed is read again.
    make(a, '20260101T000000Z')
    utimesSync(join(a, 'docs_20260101T000000Z.manifest.json'), 1, 1)
    await list()
    expect(again.readsOf('.manifest.json')).toBe(1)
  })
})

describe('files that a vendor’s own tool made', () => {
  it.each([
    ['mongo_20230315T070000.dump.gz', '20230315T070000'],
    ['postgres_20230315T070000_dump.tar.gz', '20230315T070000'],
    ['certificate_service_certs_20230315T070000_dump.tar.gz', '20230315T070000'],
    ['ec_provision_certs_20230315T070000_dump.tar.gz', '20230315T070000'],
    ['elk_20230315T070000Z_dump.tar.gz', '20230315T070000Z'],
    ['mongo_latest.dump.gz', null],
    ['postgres_latest_dump.tar.gz', null],
    ['index-38', null],
    ['index.latest', null],
    ['backup.log', null],
    ['20230315T070000', null],
    ['mongo_20230315T0700.dump.gz', null],
    ['mongo_20230315T070000./../../etc/passwd', null],
    ['docs_files_20260101T000000Z.tar.zst', null],
  ])('are known by their stamp: %s', (name, stamp) => {
    expect(vendorStamp(name)).toBe(stamp)
  })

  it('are grouped by stamp, among latest copies and foreign files', async () => {
    const components = [
      'mongo_#.dump.gz',
      'postgres_#_dump.tar.gz',
      'certificate_service_certs_#_dump.tar.gz',
      'ec_provision_certs_#_dump.tar.gz',
      'elk_#_dump.tar.gz',
    ]
    for (const stamp of ['20230315T070000', '20230316T070002', 'latest'])
      for (const [i, name] of components.entries())
        writeFileSync(join(a, name.replace('#', stamp)), 'x'.repeat(i + 1))
    for (const foreign of ['index-38', 'index.latest', 'meta-abc.dat', 'README.txt'])
      writeFileSync(join(a, foreign), 'foreign')
    copyFileSync(join(a, 'mongo_20230315T070000.dump.gz'), join(b, 'mongo_20230315T070000.dump.gz'))
    make(a, '20260101T000000Z')
    expect(await brief()).toEqual([
      'docs@20260101T000000Z a complete 2',
      'vendor@20230316T070002 a no-manifest 5',
      'vendor@20230315T070000 a+b no-manifest 5',
    ])
    expect((await list()).points[1]).toMatchObject({ bytes: 15, verified: null })
    expect(readdirSync(a).length).toBeGreaterThan(15)
    const store = await test.engine.servers.open('a')
    expect((await findVendorFiles(store, 'latest', undefined))?.stamp).toBe('20230316T070002')
  })
})
