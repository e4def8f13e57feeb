import { copyFile, mkdir, readdir, rm, symlink, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { PutObjectCommand, S3Client } from '@aws-sdk/client-s3'
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from 'vitest'
import { keepPoint, removePoint } from '../../../electron/engine/points/trash.ts'
import { AzureStore } from '../../../electron/engine/store/azure/azure-store.ts'
import { FtpStore } from '../../../electron/engine/store/ftp/ftp-store.ts'
import { LocalStore } from '../../../electron/engine/store/local/local-store.ts'
import type { ObjectStore } from '../../../electron/engine/store/object-store.ts'
import { retrying } from '../../../electron/engine/store/retrying.ts'
import { S3Store } from '../../../electron/engine/store/s3/s3-store.ts'
import { azureServer, ftpServer, s3Server } from '../../../electron/engine/store/server-record.ts'
import { noLog } from '../../../electron/engine/ports.ts'
import { lookAtSnapshots } from '../../../electron/engine/system/director/snapshots/index.ts'
import { dayOfIndex, weeksOf } from '../../../electron/engine/system/director/snapshots/days.ts'
import type { RepositoryWish } from '../../support/director/snapshot-repository.ts'
import { snapshotRepository, writeRepository } from '../../support/director/snapshot-repository.ts'
import { startAzurite } from '../../support/servers/azurite.ts'
import { startHttpProxy } from '../../support/servers/http-proxy.ts'
import { openSftp } from '../../support/servers/sftp-place.ts'
import { sshdAvailable, startSshd } from '../../support/servers/sshd.ts'
import { startSwift } from '../../support/servers/swift.ts'
import { suiteNeeds } from '../../support/skip.ts'
import { commandBackup, objectsIn, openTestEngine } from '../../support/engine.ts'
import { tempFolder } from '../../support/temp-folder.ts'

const now = Date.parse('2026-11-20T12:00:00Z')
const clock = { now: () => now, monotonic: () => 0 }
const never = new AbortController().signal

/** Every day from the 9th on save the 14th; the 19th twice, the second of them partial. */
const wish: RepositoryWish = {
  generation: 38,
  older: [37],
  snapshots: [
    ...[10, 11, 12, 13, 14, 16, 17, 18, 19].map(day => ({ at: `2026-11-${day}T02:30:04.000Z` })),
    { at: '2026-11-19T14:00:00.000Z', state: 3 },
  ],
}
wish.snapshots = wish.snapshots.filter(({ at }) => !at.startsWith('2026-11-14'))

const storeOf = (path: string): ObjectStore =>
  retrying(new LocalStore({ type: 'local', name: 'disk', path, added: '2026-11-20T00:00:00Z', learned: {} }))

async function look(store: ObjectStore) {
  const found = await lookAtSnapshots(store, { clock }, never)
  const said = (tone: string) => found.notes.flatMap(note => (note.tone === tone ? [note.text] : []))
  return { ...found, said, lines: found.notes.flatMap(({ lines }) => lines) }
}

describe('the analytics snapshots on a server', () => {
  it('are told with their days and weeks, and what deserves a look is said', async () => {
    const folder = await tempFolder()
    const files = snapshotRepository(wish)
    await writeRepository(join(folder, 'dcrepository'), files)
    const { repositories, said, lines } = await look(storeOf(folder))
    expect(repositories).toHaveLength(1)
    expect(repositories[0]).toMatchObject({
      ...{ folder: 'dcrepository', generation: 38, objects: files.length, last: '2026-11-19T14:00:00.000Z' },
      bytes: files.reduce((sum, { bytes }) => sum + bytes.length, 0),
    })
    expect(
      repositories[0]?.snapshots.map(({ name, at, state, indices }) => [name, at, state, indices]),
    ).toEqual([
      ['daily-2026-11-19', '2026-11-19T14:00:00.000Z', 'PARTIAL', 2],
      ...[19, 18, 17, 16, 13, 12, 11, 10].map(day => [
        `daily-2026-11-${day}`,
        `2026-11-${day}T02:30:04.000Z`,
        'SUCCESS',
        2,
      ]),
    ])
    expect(repositories[0]?.days.slice(0, 2)).toEqual([
      { day: '2026-11-18', indices: 2, in: 2, whole: true },
      { day: '2026-11-17', indices: 2, in: 1, whole: true },
    ])
    expect(repositories[0]?.weeks).toEqual([
      { week: '2026-W47', from: '2026-11-16', days: 3 },
      { week: '2026-W46', from: '2026-11-09', days: 5 },
    ])
    expect(said('look')).toEqual([
      expect.stringContaining('a snapshot is not whole: daily-2026-11-19 (PARTIAL)'),
      expect.stringContaining('several snapshots were written on 2026-11-19'),
      expect.stringMatching(/no data of 2026-11-14, 2026-11-13 .*The week that is over .*from 2026-11-09/),
    ])
    expect(said('tell')[0]).toContain('index-38 and index-37 are there')
    for (const line of [
      'S2.18',
      'S2.19',
      'S2.20',
      'S2.25',
      'S2.28',
      'S2.29',
      'S2.30',
      'S2.31',
      'S2.32',
      'S2.33',
    ])
      expect(lines).toContain(line)
    for (const line of ['S2.34', 'S2.35', 'S2.36', 'S2.39']) expect(lines).toContain(line)
  })

  it('have the time of their own object where the list tells none, and the highest list counts', async () => {
    const folder = await tempFolder()
    const at = '2026-11-16T02:30:04.000Z'
    const old = { ...wish, snapshots: [{ at }], older: [], times: false, separator: '' as const }
    await writeRepository(join(folder, 'dcrepository'), snapshotRepository({ ...old, latest: 36 }))
    await writeRepository(join(folder, 'drrepository'), snapshotRepository({ ...old, latest: null }))
    const { repositories, said, lines } = await look(storeOf(folder))
    expect(repositories.map(({ folder: name, generation }) => [name, generation])).toEqual([
      ['dcrepository', 38],
      ['drrepository', 38],
    ])
    expect(repositories[0]?.snapshots[0]?.at).toBe(at)
    expect(repositories[0]?.days).toEqual([{ day: '2026-11-15', indices: 2, in: 1, whole: true }])
    expect(said('look')).toEqual([
      expect.stringContaining('index.latest says 36, and the newest list is index-38'),
      expect.stringMatching(
        /newest snapshot is of 2026-11-16 02:30 UTC, more than two days ago.* since 2026-11-15 are not there: 2026-11-16, 2026-11-17, 2026-11-18\.$/,
      ),
      expect.stringContaining('index.latest is not there'),
      expect.stringContaining('drrepository/: the newest snapshot'),
    ])
    expect(lines).toContain('S2.22')
  })

  it('are read from an older list when the newest is hostile or broken', async () => {
    const folder = await tempFolder()
    const dc = join(folder, 'dcrepository')
    await writeRepository(dc, snapshotRepository({ ...wish, older: [], generation: 7 }))
    await writeFile(join(dc, 'index-9'), `${'['.repeat(50_000)}`)
    await writeFile(join(dc, 'index-8'), Buffer.alloc(17 * 2 ** 20))
    // A link may point at anything of this machine; only real files count.
    await writeFile(join(folder, 'secret'), 'x')
    await symlink(join(folder, 'secret'), join(dc, 'index-99'))
    const { repositories, said } = await look(storeOf(folder))
    expect(repositories[0]?.generation).toBe(7)
    expect(repositories[0]?.snapshots).toHaveLength(9)
    expect(said('look')[0]).toMatch(/index-9 is no JSON; index-8 is larger than 16 MiB/)

    await rm(join(dc, 'index-7'))
    const evil = { snapshots: [{ name: 'a\u001b[31m\u202eb', uuid: 'u' }], indices: { __proto__: 1 } }
    await writeFile(join(dc, 'index-8'), JSON.stringify({ ...evil, indices: [] }))
    const none = await look(storeOf(folder))
    expect(none.repositories[0]).toMatchObject({ generation: null, snapshots: [], days: [] })
    await writeFile(join(dc, 'index-9'), JSON.stringify(evil))
    const masked = await look(storeOf(folder))
    expect(masked.repositories[0]?.snapshots[0]?.name).toBe('a�[31m�b')
    expect(masked.repositories[0]?.snapshots[0]).toMatchObject({ at: null, state: null, indices: 0 })
  })

  it('are refused in words where there are none, and where the server itself lies inside', async () => {
    const folder = await tempFolder()
    await expect(look(storeOf(folder))).rejects.toMatchObject({
      code: 'remote.unsupported',
      detail: expect.stringContaining('neither dcrepository/ nor drrepository/') as string,
    })
    await mkdir(join(folder, 'dcrepository'))
    const inside = expect.stringContaining('dcrepository/ is empty, or') as string
    await expect(look(storeOf(folder))).rejects.toMatchObject({ code: 'remote.unsupported', detail: inside })
    const record = ftpServer.parse({ type: 'ftp', name: 'old', host: '127.0.0.1', user: 'x', added: '' })
    const ftp = retrying(new FtpStore(record, { password: 'x' }, { env: {}, log: noLog }))
    await expect(look(ftp)).rejects.toMatchObject({
      code: 'remote.unsupported',
      detail: expect.stringContaining('cannot look into dcrepository/ on a server of this kind') as string,
    })
  })

  it('are left alone by everything else: nothing is written beside them', async () => {
    const test = await openTestEngine()
    const { engine, root } = test
    await test.addServer('nas')
    const folder = join(root, 'server-vendors')
    await writeRepository(join(folder, 'dcrepository'), snapshotRepository(wish))
    await test.addServer('vendors')
    expect((await engine.servers.test('vendors')).checks.map(({ name }) => name)).not.toContain(
      'write and read back',
    )
    const backup = await (await engine.startBackup(commandBackup('echo x', 'x.txt', ['nas']))).done
    const { point } = backup.outcome as { point: string }
    const copy = await (await engine.startCopy({ point, from: 'nas', to: 'vendors', limit: null })).done
    expect(copy).toMatchObject({ state: 'failed', failure: { code: 'remote.unsupported' } })
    expect(await readdir(folder)).toEqual(['dcrepository'])

    // A point that was there before stays too, and is only read.
    for (const name of await objectsIn(join(root, 'server-nas')))
      await copyFile(join(root, 'server-nas', name), join(folder, name))
    const before = await readdir(folder)
    const change = { point, server: 'vendors', by: 'a test', force: true }
    await expect(removePoint(engine.places, change)).rejects.toMatchObject({ code: 'remote.unsupported' })
    await expect(keepPoint(engine.places, { ...change, kept: true })).rejects.toMatchObject({
      code: 'remote.unsupported',
    })
    expect(await readdir(folder)).toEqual(before)
  })

  it.each([
    ['analytics-flow-2026.11.18', '2026-11-18'],
    ['flow-2026-11-18', '2026-11-18'],
    ['flow20261118', '2026-11-18'],
    ['flow-2026.13.18', null],
    ['flow-2026.11-18', null],
    ['flow-120261118', null],
    ['.kibana_1', null],
  ])('of the index %s are of the day %s', (name, day) => {
    expect(dayOfIndex(name)).toBe(day)
  })

  it('count weeks as ISO does at the turn of a year', () => {
    const days = ['2027-01-04', '2027-01-03', '2026-12-28'].map(day => ({ day }))
    expect(weeksOf(days, Date.parse('2027-01-05'))).toEqual([
      { week: '2027-W01', from: '2027-01-04', days: 1 },
      { week: '2026-W53', from: '2026-12-28', days: 2 },
    ])
  })

  it('show the weeks that are lost, between days and up to the week that is looked at', () => {
    const days = ['2026-11-03', '2026-10-20'].map(day => ({ day }))
    expect(weeksOf(days, now).map(({ week, days: many }) => [week, many])).toEqual([
      ['2026-W47', 0],
      ['2026-W46', 0],
      ['2026-W45', 1],
      ['2026-W44', 0],
      ['2026-W43', 1],
    ])
    expect(weeksOf([], now)).toEqual([])
    // A name may lie, in both directions.
    expect(weeksOf([{ day: '2099-01-01' }, { day: '1970-01-05' }], now)).toHaveLength(55)
  })

  it('tell a day that only a broken snapshot holds from a whole one', async () => {
    const folder = await tempFolder()
    const snapshots = [
      { at: '2026-11-19T02:30:04.000Z', state: 3 },
      { at: '2026-11-18T02:30:04.000Z' },
      { at: '2026-11-17T02:30:04.000Z', state: 2 },
    ]
    const files = snapshotRepository({ generation: 1, snapshots })
    await writeRepository(join(folder, 'dcrepository'), files)
    const { repositories } = await look(storeOf(folder))
    expect(repositories[0]?.days.map(({ day, whole }) => [day, whole])).toEqual([
      ['2026-11-18', false],
      ['2026-11-17', true],
      ['2026-11-16', false],
    ])
  })
})

const swift = await startSwift()
const sshd = await sshdAvailable()
const needs = swift.ok ? sshd : swift

suiteNeeds('the analytics snapshots on S3, Azure and SFTP', needs, () => {
  if (!swift.ok) return
  const { server } = swift
  const files = snapshotRepository(wish)
  const found = { folder: 'dcrepository', generation: 38, objects: files.length }
  beforeAll(async () => {
    await server.bucket('director')
  })
  afterAll(async () => {
    await server.stop()
  })

  it('are looked at with GET and HEAD alone, and only the two index objects are opened', async () => {
    const proxy = await startHttpProxy()
    onTestFinished(() => proxy.stop())
    const client = new S3Client({
      ...{ endpoint: server.endpoint, region: server.region, credentials: server, forcePathStyle: true },
      requestChecksumCalculation: 'WHEN_REQUIRED',
    })
    onTestFinished(() => client.destroy())
    await Promise.all(
      files.map(({ path, bytes }) =>
        client.send(
          new PutObjectCommand({ Bucket: 'director', Key: `site one/dcrepository/${path}`, Body: bytes }),
        ),
      ),
    )
    const record = s3Server.parse({
      ...{ type: 's3', name: 'cloud', endpoint: server.endpoint, bucket: 'director', prefix: 'site one' },
      ...{ region: server.region, learned: {}, added: '2026-11-20T00:00:00Z' },
    })
    const store = retrying(new S3Store(record, server, { env: { HTTP_PROXY: proxy.url }, log: noLog }))
    onTestFinished(() => store.close())
    const { repositories } = await look(store)
    expect(repositories).toHaveLength(1)
    expect(repositories[0]).toMatchObject(found)
    expect(repositories[0]?.snapshots).toHaveLength(9)
    const opened = proxy.requests.flatMap(
      line => /^(\S+) \S+?\/dcrepository\/([^? ]+)/.exec(line)?.slice(1, 3) ?? [],
    )
    expect(new Set(opened)).toEqual(new Set(['GET', 'index.latest', 'index-38']))
    expect(proxy.requests.filter(line => !/^(GET|HEAD) /.test(line))).toEqual([])
  })

  it('are found below a container and below a folder of a login', async () => {
    const azurite = await startAzurite()
    onTestFinished(async () => void (await azurite.stop()))
    const container = 'director'
    await azurite.container(container)
    for (const { path, bytes } of files)
      await azurite.service
        .getContainerClient(container)
        .getBlockBlobClient(`dcrepository/${path}`)
        .uploadData(bytes)
    const record = azureServer.parse({
      ...{ type: 'azure', name: 'blobs', endpoint: azurite.endpoint, account: azurite.account },
      ...{ container, learned: {}, added: '2026-11-20T00:00:00Z' },
    })
    const azure = new AzureStore(record, { accountKey: azurite.key }, { env: {}, log: noLog })
    onTestFinished(() => azure.close())
    expect((await look(azure)).repositories).toEqual([expect.objectContaining(found)])
    const wrote = async (store: ObjectStore) =>
      (await store.probe()).checks
        .map(({ name }) => name)
        .filter(name => ['neighbours', 'write'].includes(name))
    expect(await wrote(azure)).toEqual(['neighbours'])

    const ssh = await startSshd()
    onTestFinished(async () => void (await ssh.stop()))
    await writeRepository(join(ssh.files, 'dcrepository'), files)
    const place = await openSftp(ssh, ssh.files)
    onTestFinished(() => place.close())
    expect((await look(place)).repositories).toEqual([expect.objectContaining(found)])
    expect(await wrote(place)).toEqual(['neighbours'])
  })
})
