import { mkdir, readFile, readdir, rm, truncate, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { ListObjectsV2Command, PutObjectCommand, S3Client } from '@aws-sdk/client-s3'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { Engine } from '../../../electron/engine/engine.ts'
import { parseName } from '../../../electron/engine/archive/names.ts'
import { vendorStamp } from '../../../electron/engine/points/vendor-point.ts'
import { isObjectName } from '../../../electron/engine/store/object-store.ts'
import type { KeptAdoption } from '../../../electron/engine/system/director/adopt/adoption-book.ts'
import { adoptedOf, notAsAdopted } from '../../../electron/engine/system/director/adopt/adopted.ts'
import { objectName } from '../../../electron/engine/system/director/adopt/document.ts'
import type { Place } from '../../../electron/engine/system/director/adopt/place.ts'
import { isSamePlace, placeOf } from '../../../electron/engine/system/director/adopt/place.ts'
import { serverRecord } from '../../../electron/engine/store/server-record.ts'
import { deployment } from '../../../shared/director.ts'
import { parseDirectorFile } from '../../../shared/director-files.ts'
import { uploadDirectorBackup } from '../../support/director/backup-place.ts'
import { makeDirectorBackup } from '../../support/director/director-backup.ts'
import { commandBackup, objectsIn, openTestEngine, problemsOf } from '../../support/engine.ts'
import type { TestEngine } from '../../support/engine.ts'
import type { Sshd } from '../../support/servers/sshd.ts'
import { sshdAvailable, startSshd } from '../../support/servers/sshd.ts'
import { startSwift } from '../../support/servers/swift.ts'
import { suiteNeeds } from '../../support/skip.ts'
import { tempFolder } from '../../support/temp-folder.ts'
import { restoreAll } from '../../restore/restoring.ts'

const stamp = '20261118T070000'
const point = `vendor@${stamp}`

const adopt = async (engine: Engine, request: { server: string; stamp: string; on: string }) =>
  await (
    await engine.directors.adoptions.start(request)
  ).done
const verify = async (engine: Engine, server: string, deep = true) =>
  await (
    await engine.startVerify({ point, server, deep, limit: null })
  ).done

/** The same length, still a gzip of the same content: only the time in its head is another. */
const oneByteChanged = (bytes: Buffer): Buffer => {
  const changed = Buffer.from(bytes)
  changed[4] = (changed[4] ?? 0) ^ 1
  return changed
}

/** The line of the preflight about what the five files hold; the Director itself is not there. */
async function contentLine({ engine, root }: TestEngine, server: string) {
  const folder = join(root, 'no-deployment')
  const record = deployment.parse({
    ...{ name: 'dr-site', place: { kind: 'local', folder }, added: '2026-11-20T00:00:00Z' },
  })
  const { records } = await engine.directors.deployments.book.list()
  if (records.length === 0) await engine.directors.deployments.save(record, { replaces: null, secrets: null })
  const { lines, verdict } = await engine.directors.preflight(
    { deployment: 'dr-site', mode: 'standalone', server, stamp, edits: {}, fetch: 'served' },
    { signal: new AbortController().signal, told: () => {} },
  )
  expect(verdict).toBe('NO-GO')
  return lines.find(({ id }) => id === 'content')
}

describe('the name of an adoption', () => {
  it('is a name on every store, and nobody takes it for a backup file or a restore point', () => {
    for (const [of, number] of [
      [stamp, 1],
      [`${stamp}Z`, 1],
      [`${stamp}Z`, 12],
    ] as const) {
      const name = objectName(of, '0123456789ab', number)
      expect(isObjectName(name)).toBe(true)
      expect([parseName(name), vendorStamp(name), parseDirectorFile(name)]).toEqual([null, null, null])
    }
  })
})

describe('what files are held against', () => {
  const kept = (at: string, sha256: string): KeptAdoption => ({
    object: objectName(stamp, '0123456789ab', 1),
    on: { name: 'nas', place: null },
    document: {
      ...{ drydockAdoption: 1, stamp, at, by: 'somebody@host', tool: 'drydock', check: '' },
      place: { type: 'local', medium: null, path: '/srv' },
      files: [{ name: `mongo_${stamp}.dump.gz`, size: 3, modified: null, sha256 }],
    },
  })
  const [a, b] = ['a'.repeat(64), 'b'.repeat(64)]

  it('is every adoption: one that was slipped in, however old it says it is, does not make changed files good', () => {
    const both = adoptedOf([kept('2020-01-01T00:00:00Z', b), kept('2026-11-20T00:00:00Z', a)])!
    const file = { name: `mongo_${stamp}.dump.gz`, size: 3 }
    expect(notAsAdopted(both, { ...file, sha256: b })).toContain('adopted on 2026-11-20')
    expect(notAsAdopted(both, { ...file, sha256: a })).toContain('adopted on 2020-01-01')
    const one = adoptedOf([kept('2026-11-20T00:00:00Z', a)])!
    expect(notAsAdopted(one, { ...file, sha256: a })).toBe(null)
    expect(notAsAdopted(one, { ...file, size: 4, sha256: null })).toContain('has 4 bytes')
    expect(notAsAdopted(one, { ...file, name: `elk_${stamp}_dump.tar.gz`, sha256: b })).toBe(null)
    expect(adoptedOf([])).toBe(null)
  })

  it('is known by the place of the files: not by a server’s name, nor by its address where a key is pinned', async () => {
    const common = { added: '2026-11-20T00:00:00Z', learned: {} }
    const at = async (raw: Record<string, unknown>, secrets: unknown = null) =>
      (await placeOf(
        serverRecord.parse({ ...common, name: String(Math.random()), ...raw }),
        async () => secrets,
      ))!
    const hostKey = `SHA256:${'x'.repeat(43)}`
    const sftp = { type: 'sftp', host: 'NAS.example.net', user: 'backup', path: '/srv/director/', hostKey }
    const same = async (one: Promise<Place>, other: Promise<Place>) => isSamePlace(await one, await other)
    expect(
      await same(at(sftp), at({ ...sftp, host: '192.0.2.7', user: 'other', path: '/srv/director' })),
    ).toBe(true)
    expect(
      await same(at(sftp), at({ ...sftp, host: '192.0.2.7', hostKey: `SHA256:${'y'.repeat(43)}` })),
    ).toBe(false)
    expect(
      await same(at({ ...sftp, path: 'director' }), at({ ...sftp, path: 'director', user: 'other' })),
    ).toBe(false)
    const s3 = { type: 's3', bucket: 'director', endpoint: 'https://192.0.2.60:7081/' }
    expect(await same(at(s3), at({ ...s3, endpoint: 'https://192.0.2.60:7081', prefix: '/' }))).toBe(true)
    expect(await same(at(s3), at({ ...s3, prefix: 'other' }))).toBe(false)
    const azure = { type: 'azure', container: 'director' }
    const connectionString = 'DefaultEndpointsProtocol=https;AccountName=invented;AccountKey=eA=='
    expect(await same(at(azure, { connectionString }), at({ ...azure, account: 'invented' }))).toBe(true)
    expect(await at(azure)).toBe(null)
  })
})

describe('an adoption on disks', () => {
  async function place() {
    const test = await openTestEngine()
    const files = await test.addServer('old')
    const on = await test.addServer('nas')
    const backup = await makeDirectorBackup(files, stamp)
    const all = () => test.engine.directors.adoptions.list(null)
    return { ...test, test, files, on, backup, all }
  }

  it('of fewer than five files names those that are missing; when they come it stands beside the first', async () => {
    const { engine, home, files, on, backup, all } = await place()
    const late = backup.files[2]
    await rm(join(files, late?.name ?? ''))
    const first = await adopt(engine, { server: 'old', stamp, on: 'nas' })
    expect(first).toMatchObject({ state: 'succeeded', problems: 1, kind: 'director-adopt' })
    expect(await problemsOf(first, home)).toEqual([
      expect.objectContaining({ code: 'data.missing', subject: 'elk_20261118T070000_dump.tar.gz' }),
    ])
    expect(first.progress).toMatchObject({
      phase: 'writing the manifest',
      bytes: first.progress.total,
      files: 4,
    })
    const object = (first.outcome as { object: string }).object
    const before = await readFile(join(on, object))
    expect(JSON.parse(before.toString())).toMatchObject({
      drydockAdoption: 1,
      stamp,
      place: { type: 'local' },
    })
    expect(before.toString()).not.toContain('"old"')

    const again = await adopt(engine, { server: 'old', stamp, on: 'nas' })
    expect(again.outcome).toMatchObject({ already: true, object })
    await writeFile(join(files, late?.name ?? ''), late?.bytes ?? '')
    const more = await adopt(engine, { server: 'old', stamp, on: 'nas' })
    expect(more).toMatchObject({ state: 'succeeded', problems: 0, outcome: { already: false } })
    expect(await objectsIn(on)).toEqual([object.replace('.json', '-2.json'), object].sort())
    expect((await readFile(join(on, object))).equals(before)).toBe(true)
    expect((await all()).adoptions.map(one => one.files.length)).toEqual([5, 4])
    expect(await objectsIn(files)).toEqual(backup.files.map(({ name }) => name).sort())
  })

  it('is refused for a damaged file, and all that are damaged are named', async () => {
    const { engine, files, on, backup, all } = await place()
    const [mongo, postgres] = backup.files
    await truncate(join(files, mongo?.name ?? ''), 2000)
    await writeFile(join(files, postgres?.name ?? ''), 'no archive at all')
    const record = await adopt(engine, { server: 'old', stamp, on: 'nas' })
    expect(record).toMatchObject({ state: 'failed', problems: 2, failure: { code: 'data.damaged' } })
    expect(record.failure?.detail).toContain(`${mongo?.name} ends in the middle`)
    expect(record.failure?.detail).toContain(`${postgres?.name} is no gzip file`)
    expect(await objectsIn(on)).toEqual([])
    expect((await all()).adoptions).toEqual([])
    // Put right, the same run goes on: it reads all of them again.
    for (const { name, bytes } of [mongo!, postgres!]) await writeFile(join(files, name), bytes)
    const resumed = await (await engine.resume(record.id)).done
    expect(resumed).toMatchObject({ state: 'succeeded', outcome: { already: false } })
    expect(resumed.progress.bytes).toBe(backup.files.reduce((sum, { size }) => sum + size, 0))
  })

  it('leaves nothing when it is cancelled', async () => {
    const { engine, on, all } = await place()
    const run = await engine.directors.adoptions.start({ server: 'old', stamp, on: 'nas' })
    run.stop('operator')
    expect((await run.done).state).toBe('cancelled')
    expect(await objectsIn(on)).toEqual([])
    expect((await all()).adoptions).toEqual([])
  })

  it('is refused for files that Drydock made, for none, and where the vendor keeps its repositories', async () => {
    const { engine, files, on } = await place()
    const start = (request: Parameters<typeof adopt>[1]) => engine.directors.adoptions.start(request)
    await expect(start({ server: 'old', stamp: '20261117T070000', on: 'nas' })).rejects.toMatchObject({
      code: 'data.missing',
    })
    await mkdir(join(on, 'drrepository'))
    await expect(start({ server: 'old', stamp, on: 'nas' })).rejects.toMatchObject({
      code: 'input.invalid',
      detail: expect.stringContaining('nas holds drrepository/') as string,
    })
    await rm(join(on, 'drrepository'), { recursive: true })

    // A manifest of the same second that names other files is no reason; one that names these is.
    const other = await engine.startBackup(commandBackup('echo x', 'x.txt', ['nas'], { plan: 'docs' }))
    await other.done
    const made = (await objectsIn(on)).find(name => name.endsWith('.manifest.json')) ?? ''
    const manifest = (await readFile(join(on, made), 'utf8')).replaceAll(
      /"stamp": ?"\d+T\d+Z"/g,
      `"stamp":"${stamp}Z"`,
    )
    const name = `docs_${stamp}Z.manifest.json`
    await writeFile(join(files, name), manifest)
    const ok = await start({ server: 'old', stamp, on: 'nas' })
    expect((await ok.done).state).toBe('succeeded')
    const file = /"name": ?"(docs_x_[^"]+\.txt)"/.exec(manifest)?.[1] ?? 'not found'
    await writeFile(join(files, name), manifest.replaceAll(file, `mongo_${stamp}.dump.gz`))
    await expect(start({ server: 'old', stamp, on: 'nas' })).rejects.toMatchObject({
      code: 'input.invalid',
      detail: expect.stringContaining('Drydock made these files') as string,
    })
  })

  it('that somebody forged, or that is broken or too large, is none; a broken copy hides no other', async () => {
    const { engine, home, on, test, all } = await place()
    const record = await adopt(engine, { server: 'old', stamp, on: 'nas' })
    const { object } = record.outcome as { object: string }
    const good = await readFile(join(on, object), 'utf8')
    // Of other files than its name says, of other names, with hashes that are none, too large.
    await writeFile(join(on, object.replace('20261118', '20261119')), good)
    const evil = (more: (text: string) => string, number: number) =>
      writeFile(join(on, object.replace('.json', `-${number}.json`)), more(good))
    await evil(text => text.replace('mongo_', '../mongo_'), 2)
    await evil(text => text.replace(/"sha256": "[0-9a-f]{4}/, '"sha256": "zzzz'), 3)
    await evil(text => text + ' '.repeat(70_000), 4)
    await evil(() => '{', 5)
    await writeFile(join(home, 'adoptions', 'zz_broken.json'), '{')
    expect((await all()).adoptions.map(one => one.object)).toEqual([object])
    await rm(join(home, 'adoptions'), { recursive: true })
    const found = await all()
    expect(found.adoptions.map(one => one.object)).toEqual([object])
    expect((await readdir(join(home, 'adoptions'))).length).toBe(1)

    // Files in a place that is no server here are told apart, and a server that does not answer hides nothing.
    await engine.servers.remove('old')
    await test.addServer('gone')
    await rm(join(test.root, 'server-gone'), { recursive: true })
    const { adoptions, elsewhere, failed } = await all()
    expect(adoptions).toEqual([])
    expect(elsewhere).toEqual([
      { on: 'nas', object, stamp, place: `the folder ${join(test.root, 'server-old')}` },
    ])
    expect(failed).toEqual([
      { server: 'gone', failure: expect.objectContaining({ code: 'remote.no-container' }) },
    ])
  })
})

const swift = await startSwift()
const sshd = await sshdAvailable()
const needs = swift.ok ? sshd : swift

suiteNeeds('files that the vendor’s own tool put beside its repository on S3', needs, () => {
  if (!swift.ok) return
  const { server } = swift
  const client = new S3Client({
    ...{ endpoint: server.endpoint, region: server.region, credentials: server, forcePathStyle: true },
    requestChecksumCalculation: 'WHEN_REQUIRED',
  })
  let ssh: Sshd
  const put = (Key: string, Body: Buffer | string) =>
    client.send(new PutObjectCommand({ Bucket: 'director', Key, Body }))
  const bucket = async () => {
    const { Contents = [] } = await client.send(new ListObjectsV2Command({ Bucket: 'director' }))
    return Contents.map(({ Key, ETag, Size, LastModified }) => [Key, ETag, Size, LastModified?.getTime()])
  }
  beforeAll(async () => {
    await server.bucket('director')
    ssh = await startSshd()
  })
  afterAll(async () => {
    client.destroy()
    await Promise.allSettled([server.stop(), ssh.stop()])
  })

  /** A laptop that knows both servers, under names of its own. */
  async function laptop(minio: string, nas: string): Promise<TestEngine> {
    const test = await openTestEngine()
    const common = { learned: {}, added: '2026-11-20T00:00:00Z' }
    await test.engine.servers.add(
      {
        ...{ ...common, type: 's3', name: minio, endpoint: server.endpoint, bucket: 'director' },
        ...{ prefix: '', region: server.region },
      },
      { accessKeyId: server.accessKeyId, secretAccessKey: server.secretAccessKey },
    )
    await test.engine.servers.add(
      {
        ...{ ...common, type: 'sftp', name: nas, host: ssh.host, port: ssh.port, user: ssh.user },
        ...{ path: join(ssh.files, 'nas'), hostKey: await ssh.hostFingerprint() },
      },
      { privateKey: ssh.privateKey },
    )
    return test
  }

  it('are read back, adopted elsewhere, known on a new laptop by their place, and found damaged by one byte', async () => {
    const backup = await makeDirectorBackup(await tempFolder(), stamp)
    await uploadDirectorBackup({ kind: 's3', server, bucket: 'director' }, backup, backup.files)
    await put('dcrepository/index.latest', Buffer.alloc(8))
    const first = await laptop('minio', 'nas')
    const { engine } = first
    const before = await bucket()
    const listed = async ({ engine }: TestEngine) => (await engine.points.list({})).points
    expect(await listed(first)).toEqual([expect.objectContaining({ point, state: 'no-manifest', files: 5 })])
    expect((await listed(first))[0]).not.toHaveProperty('adopted')

    const into = join(first.root, 'back')
    const restored = await engine.startRestore(restoreAll(point, 'minio', into))
    expect(await restored.done).toMatchObject({ state: 'succeeded', problems: 0 })
    for (const { name, bytes } of backup.files)
      expect((await readFile(join(into, name))).equals(bytes)).toBe(true)

    await expect(
      engine.directors.adoptions.start({ server: 'minio', stamp, on: 'minio' }),
    ).rejects.toMatchObject({
      code: 'input.invalid',
      detail: expect.stringContaining('minio holds dcrepository/') as string,
    })
    expect(await verify(engine, 'minio')).toMatchObject({
      outcome: { unproven: expect.stringContaining('there are no hashes') as string },
    })
    expect((await contentLine(first, 'minio'))?.finding).toBe(
      'All were read, unpacked to their end and hashed.',
    )
    const adopted = await adopt(engine, { server: 'minio', stamp, on: 'nas' })
    expect(adopted).toMatchObject({ state: 'succeeded', problems: 0 })
    expect(adopted.outcome).toMatchObject({
      ...{ server: 'minio', stamp, point, on: 'nas', already: false, missing: [] },
      files: backup.files.map(({ name, size, sha256 }) => ({ name, size, sha256 })),
    })
    expect((await listed(first))[0]).toMatchObject({ state: 'no-manifest', adopted: { on: 'nas' } })
    const shared = { drydockAdoption: 1, place: { type: 's3', bucket: 'director' } }
    const { object } = adopted.outcome as { object: string }
    const document = await readFile(join(ssh.files, 'nas', object), 'utf8')
    expect(JSON.parse(document)).toMatchObject(shared)
    expect(document).not.toContain(server.secretAccessKey)

    const second = await laptop('cloud', 'box')
    expect((await listed(second))[0]).not.toHaveProperty('adopted')
    expect(await second.engine.directors.adoptions.list('cloud')).toMatchObject({
      adoptions: [{ server: 'cloud', stamp, point, on: 'box', object }],
      ...{ elsewhere: [], failed: [] },
    })
    expect((await listed(second))[0]).toMatchObject({ adopted: { on: 'box' } })
    const third = await laptop('s3', 'sftp')
    const good = await verify(third.engine, 's3')
    expect(good).toMatchObject({ state: 'succeeded', outcome: { adopted: { on: 'sftp' }, damaged: [] } })
    expect((good.outcome as { unproven: string }).unproven).toContain('before they were adopted')
    expect(await contentLine(third, 's3')).toMatchObject({
      state: 'pass',
      finding: expect.stringContaining('All have the hash they were adopted with') as string,
    })
    expect(await bucket()).toEqual(before)

    const [mongo] = backup.files
    await put(mongo!.name, oneByteChanged(mongo!.bytes))
    const changed = await bucket()
    expect(await verify(second.engine, 'cloud', false)).toMatchObject({ state: 'succeeded' })
    const bad = await verify(second.engine, 'cloud')
    expect(bad).toMatchObject({ state: 'failed', problems: 1, failure: { code: 'data.damaged' } })
    expect(bad.failure?.detail).toContain(`${mongo!.name}: is not what was adopted on`)
    expect(await contentLine(third, 's3')).toMatchObject({
      state: 'stop',
      finding: expect.stringContaining(`${mongo!.name} is not what was adopted on`) as string,
    })
    const fourth = await laptop('other', 'disk')
    expect(await adopt(fourth.engine, { server: 'other', stamp, on: 'disk' })).toMatchObject({
      ...{ state: 'failed', failure: { code: 'data.damaged', subject: mongo!.name } },
    })
    expect(await readFile(join(ssh.files, 'nas', object), 'utf8')).toBe(document)
    expect(await bucket()).toEqual(changed)
    expect(await readdir(join(ssh.files, 'nas'))).toEqual([object])
  })
})
