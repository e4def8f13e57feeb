import { mkdir, truncate, utimes, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { gzipSync } from 'node:zlib'
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from 'vitest'
import { PutObjectCommand, S3Client } from '@aws-sdk/client-s3'
import { noLog } from '../../../electron/engine/ports.ts'
import { LocalStore } from '../../../electron/engine/store/local/local-store.ts'
import { AzureStore } from '../../../electron/engine/store/azure/azure-store.ts'
import { ForwardingStore } from '../../../electron/engine/store/forwarding.ts'
import type { ObjectStore } from '../../../electron/engine/store/object-store.ts'
import { retrying } from '../../../electron/engine/store/retrying.ts'
import { S3Store } from '../../../electron/engine/store/s3/s3-store.ts'
import { azureServer, s3Server } from '../../../electron/engine/store/server-record.ts'
import { listDirectorPoints } from '../../../electron/engine/system/director/files/index.ts'
import { readFiles } from '../../../electron/engine/system/director/files/index.ts'
import { uploadDirectorBackup } from '../../support/director/backup-place.ts'
import type { DirectorBackup } from '../../support/director/director-backup.ts'
import { makeDirectorBackup, stampTime } from '../../support/director/director-backup.ts'
import { startAzurite } from '../../support/servers/azurite.ts'
import { startHttpProxy } from '../../support/servers/http-proxy.ts'
import { openSftp } from '../../support/servers/sftp-place.ts'
import { sshdAvailable, startSshd } from '../../support/servers/sshd.ts'
import type { Sshd } from '../../support/servers/sshd.ts'
import type { Swift } from '../../support/servers/swift.ts'
import { startSwift } from '../../support/servers/swift.ts'
import { suiteNeeds } from '../../support/skip.ts'
import { tempFolder } from '../../support/temp-folder.ts'

const older = '20261118T070000'
const newer = '20261119T070000'

/** Passes everything on to a real store and fails whatever would write. */
class ReadOnly extends ForwardingStore {
  readonly called: string[] = []
  override put(): Promise<void> {
    return this.#refuse('put')
  }
  override upload(): ReturnType<ObjectStore['upload']> {
    return this.#refuse('upload')
  }
  override remove(): Promise<void> {
    return this.#refuse('remove')
  }
  override probe(): ReturnType<ObjectStore['probe']> {
    return this.#refuse('probe')
  }
  async #refuse(what: string): Promise<never> {
    this.called.push(what)
    throw new Error(`${what} on a server that is only read`)
  }
}

/** A folder with the runs of two days, and a store on it. */
async function place(): Promise<{ folder: string; store: ReadOnly; runs: [DirectorBackup, DirectorBackup] }> {
  const folder = await tempFolder()
  const runs: [DirectorBackup, DirectorBackup] = [
    await makeDirectorBackup(folder, older),
    await makeDirectorBackup(folder, newer, { latest: true }),
  ]
  const store = new ReadOnly(
    new LocalStore({ type: 'local', name: 'disk', path: folder, added: '2026-11-20T00:00:00Z', learned: {} }),
  )
  return { folder, store, runs }
}

const flagsOf = (found: Awaited<ReturnType<typeof listDirectorPoints>>, stamp: string) =>
  found.points
    .find(point => point.stamp === stamp)
    ?.flags.map(({ code, component }) => `${component}: ${code}`)

describe('the runs of a Director on a server', () => {
  it('are grouped by their stamp, the newest first, with the run that the latest copies are of', async () => {
    const { store } = await place()
    const found = await listDirectorPoints(store, { deep: false })
    expect(
      found.points.map(({ stamp, files, flags, isLatest }) => [stamp, files.length, flags, isLatest]),
    ).toEqual([
      [newer, 5, [], true],
      [older, 5, [], false],
    ])
    expect(found.points[0]?.at).toBe('2026-11-19T07:00:00.000Z')
    expect(found.latest.map(({ equals }) => equals)).toEqual([newer, newer, newer, newer, newer])
    expect(found.vendorOwned).toBe(false)
    expect(store.called).toEqual([])
  })

  it('are told with what is missing or empty', async () => {
    const { folder, store, runs } = await place()
    await truncate(join(folder, runs[0].files[0]?.name ?? ''), 0)
    await writeFile(join(folder, 'postgres_20261117T070000_dump.tar.gz'), 'x')
    await writeFile(join(folder, 'postgres_20269917T990000_dump.tar.gz'), 'no time at all')
    await writeFile(join(folder, 'notes.txt'), 'x')
    const found = await listDirectorPoints(store, { deep: false })
    expect(found.points.map(({ stamp }) => stamp)).toEqual([newer, older, '20261117T070000'])
    expect(flagsOf(found, older)).toEqual(['mongo: empty'])
    expect(flagsOf(found, '20261117T070000')).toEqual([
      'mongo: missing',
      'elk: missing',
      'certificate-service: missing',
      'ec-provision: missing',
    ])
  })

  it('are no safety copies, unless a manifest of a plan for these, without files of its own, lies beside them', async () => {
    const { folder, store } = await place()
    await writeFile(join(folder, `safety-dr_${newer}Z.manifest.json`), '{}')
    await writeFile(join(folder, `safety-docs_${older}Z.manifest.json`), '{}')
    await writeFile(join(folder, `safety-docs_files_${older}Z.tar.zst`), 'x')
    const found = await listDirectorPoints(store, { deep: true })
    expect(found.points.map(({ stamp, safetyCopy }) => [stamp, safetyCopy])).toEqual([
      [newer, true],
      [older, undefined],
    ])
    expect(store.called).toEqual([])
  })

  it('leave open what the latest copies are until somebody looks, and say so', async () => {
    const { folder, store } = await place()
    const past = stampTime('20250101T000000')
    const { latest } = await listDirectorPoints(store, { deep: false })
    for (const { name } of latest) await utimes(join(folder, name), past, past)
    await writeFile(join(folder, latest[0]?.name ?? ''), 'of a length that no run has')
    const listed = await listDirectorPoints(store, { deep: false })
    expect(listed.latest.map(({ equals, looked }) => [equals, looked])).toEqual([
      [null, true],
      ...Array.from({ length: 4 }, () => [null, false]),
    ])
    const read = await listDirectorPoints(store, { deep: true })
    expect(read.latest.map(({ equals, looked }) => [equals, looked])).toEqual([
      [null, true],
      ...Array.from({ length: 4 }, () => [newer, true]),
    ])
  })

  it('are found whole when their files are read and unpacked, and the latest copies by their hash', async () => {
    const { folder, store } = await place()
    // Without hashes the time would say otherwise.
    const past = stampTime(older)
    for (const { name } of (await listDirectorPoints(store, { deep: false })).latest)
      await utimes(join(folder, name), past, past)
    const found = await listDirectorPoints(store, { deep: true })
    expect(flagsOf(found, newer)).toEqual([])
    expect(found.latest.map(({ equals }) => equals)).toEqual([newer, newer, newer, newer, newer])
    expect(store.called).toEqual([])
  })

  it('are flagged when a file is cut off, is no archive, or holds another part', async () => {
    const { folder, store, runs } = await place()
    const [mongo, postgres, elk, certificates, provision] = runs[1].files
    if (!mongo || !postgres || !elk || !certificates || !provision) throw new Error('five files')
    await truncate(join(folder, mongo.name), mongo.size - 1000)
    await writeFile(join(folder, postgres.name), elk.bytes)
    await writeFile(join(folder, elk.name), postgres.bytes)
    await writeFile(join(folder, certificates.name), Buffer.alloc(5000))
    const damaged = Buffer.from(provision.bytes)
    damaged.fill(0xa5, damaged.length - 8, damaged.length - 4)
    await writeFile(join(folder, provision.name), damaged)
    const found = await listDirectorPoints(store, { deep: true, stamp: newer })
    expect(flagsOf(found, newer)).toEqual([
      'mongo: half-uploaded',
      'elk: wrong-component',
      'certificate-service: unreadable-head',
      'ec-provision: unreadable-tail',
    ])
  })

  it('are flagged when a dump is of another day than its name, and when an archive was cut before it was packed', async () => {
    const { folder, store, runs } = await place()
    const [mongo, postgres, elk] = runs[1].files
    const earlier = runs[0].files[1]
    if (!mongo || !postgres || !elk || !earlier) throw new Error('five files')
    await makeDirectorBackup(join(folder, 'other'), '20261001T070000').then(({ files }) =>
      writeFile(join(folder, postgres.name), files[1]?.bytes ?? ''),
    )
    await writeFile(join(folder, elk.name), gzipSync(Buffer.concat([tarBlock(), Buffer.from('half')])))
    await writeFile(join(folder, mongo.name), earlier.bytes)
    const found = await listDirectorPoints(store, { deep: true, stamp: newer })
    expect(flagsOf(found, newer)).toEqual(['mongo: wrong-component', 'postgres: mixed', 'elk: half-uploaded'])
  })

  it('are judged by head and tail when a file is large', async () => {
    const { folder, store, runs } = await place()
    const elk = runs[1].files[2]
    if (!elk) throw new Error('five files')
    // The room of an upload that was cut: real head, zeros behind it.
    await writeFile(join(folder, elk.name), elk.bytes.subarray(0, 200_000))
    await truncate(join(folder, elk.name), 80 * 1024 * 1024)
    const found = await listDirectorPoints(store, { deep: true, stamp: newer })
    expect(flagsOf(found, newer)).toEqual(['elk: half-uploaded'])
  })

  it('call no run the latest when one copy is of another run', async () => {
    const { folder, store, runs } = await place()
    await writeFile(join(folder, 'elk_latest_dump.tar.gz'), runs[0].files[2]?.bytes ?? '')
    const found = await listDirectorPoints(store, { deep: true })
    expect(found.points.some(({ isLatest }) => isLatest)).toBe(false)
    expect(found.latest.find(({ component }) => component === 'elk')?.equals).toBe(older)
  })

  it('belong to the vendor where its repositories lie', async () => {
    const { folder, store } = await place()
    await mkdir(join(folder, 'drrepository'))
    expect((await listDirectorPoints(retrying(store), { deep: false })).vendorOwned).toBe(true)
  })

  it('end their reading at once when it is cancelled', async () => {
    const { store } = await place()
    const stop = new AbortController()
    stop.abort()
    await expect(listDirectorPoints(store, { deep: true }, stop.signal)).rejects.toThrow()
  })
})

describe('reading the files of a run', () => {
  it('hands on every byte with its hash, and counts what was read', async () => {
    const { store, runs } = await place()
    const [point] = (await listDirectorPoints(store, { deep: false })).points
    const got: Buffer[] = []
    let bytes = 0
    const read = await readFiles(store, point?.files ?? [], {
      signal: new AbortController().signal,
      tally: more => void (bytes += more),
      to: async (_, pieces) => {
        const all: Uint8Array[] = []
        for await (const piece of pieces) all.push(Buffer.from(piece))
        got.push(Buffer.concat(all))
      },
    })
    expect(read.map(({ sha256 }) => sha256)).toEqual(runs[1].files.map(({ sha256 }) => sha256))
    expect(got.map(one => one.length)).toEqual(runs[1].files.map(({ size }) => size))
    expect(bytes).toBe(runs[1].files.reduce((sum, { size }) => sum + size, 0))
  })

  it('fails for a file that ends in the middle, and for one that has gone', async () => {
    const { folder, store, runs } = await place()
    const [point] = (await listDirectorPoints(store, { deep: false })).points
    const [mongo] = runs[1].files
    await writeFile(join(folder, mongo?.name ?? ''), mongo?.bytes.subarray(0, 20_000) ?? '')
    const signal = new AbortController().signal
    await expect(readFiles(store, point?.files ?? [], { signal })).rejects.toMatchObject({
      code: 'data.damaged',
      detail: expect.stringContaining('shorter than the server’s list says') as string,
    })
    const [cut] = (await listDirectorPoints(store, { deep: false })).points
    await expect(readFiles(store, cut?.files ?? [], { signal })).rejects.toMatchObject({
      detail: expect.stringContaining('ends in the middle') as string,
    })
  })
})

const swift = await startSwift()
suiteNeeds('the runs of a Director in a bucket of real S3', swift.ok ? { ok: true } : swift, () => {
  const server = (swift as { server: Swift }).server
  afterAll(() => server.stop())

  it('are listed past thousands of other objects and the vendor’s repositories, with GET and HEAD alone', async () => {
    await server.bucket('vendor')
    const backup = await makeDirectorBackup(await tempFolder(), newer, { latest: true })
    await uploadDirectorBackup({ kind: 's3', server, bucket: 'vendor' }, backup, [
      ...backup.files,
      ...backup.latest,
    ])
    const outside = new S3Client({
      ...{ endpoint: server.endpoint, region: server.region, credentials: server, forcePathStyle: true },
      requestChecksumCalculation: 'WHEN_REQUIRED',
    })
    onTestFinished(() => outside.destroy())
    const put = (Key: string) => outside.send(new PutObjectCommand({ Bucket: 'vendor', Key, Body: 'x' }))
    const names = Array.from({ length: 50 }, (_, index) => `dcrepository/indices/${index}/snap-${index}.dat`)
    const others = Array.from({ length: 1020 }, (_, index) => `other-${index}.log`)
    const left = [...names, 'dcrepository/index.latest', ...others]
    const many = async () => {
      for (let name = left.pop(); name; name = left.pop()) await put(name)
    }
    await Promise.all(Array.from({ length: 16 }, many))
    const proxy = await startHttpProxy()
    onTestFinished(() => proxy.stop())
    const store = new S3Store(
      s3Server.parse({
        ...{ name: 'cloud', added: '2026-11-20T00:00:00Z', type: 's3' },
        ...{ endpoint: server.endpoint, bucket: 'vendor', region: server.region },
      }),
      server,
      { env: { HTTP_PROXY: proxy.url }, log: noLog },
    )
    onTestFinished(() => store.close())
    const found = await listDirectorPoints(store, { deep: true })
    expect(found.vendorOwned).toBe(true)
    expect(found.points.map(({ stamp, flags, isLatest }) => [stamp, flags, isLatest])).toEqual([
      [newer, [], true],
    ])
    expect(proxy.requests.length).toBeGreaterThan(10)
    // Two pages of others and one of runs, two looks for repositories, ten files: nothing of the vendor's is opened.
    expect(proxy.requests.length).toBeLessThan(30)
    expect(proxy.requests.filter(line => !/^(GET|HEAD) /.test(line))).toEqual([])
    const looks = proxy.requests.filter(line => line.includes('repository'))
    expect(looks.length).toBeGreaterThan(0)
    expect(looks.filter(line => !line.includes('max-keys=1'))).toEqual([])
  }, 120_000)
})

describe('the runs of a Director in a real Azure container', () => {
  it('are read, and the vendor’s repositories are known by their names', async () => {
    const server = await startAzurite()
    onTestFinished(() => server.stop())
    await server.container('director')
    const backup = await makeDirectorBackup(await tempFolder(), newer, { latest: true })
    const files = [...backup.files, ...backup.latest]
    await uploadDirectorBackup(
      { kind: 'azure', server, container: 'director', folder: 'site' },
      backup,
      files,
    )
    const store = new AzureStore(
      azureServer.parse({
        ...{
          name: 'azure',
          added: '2026-11-20T00:00:00Z',
          type: 'azure',
          container: 'director',
          prefix: 'site',
        },
        ...{ endpoint: server.endpoint, account: server.account },
      }),
      { accountKey: server.key },
      { env: {}, log: noLog },
    )
    onTestFinished(() => store.close())
    const found = await listDirectorPoints(new ReadOnly(store), { deep: true })
    expect(found.points.map(({ stamp, flags, isLatest }) => [stamp, flags, isLatest])).toEqual([
      [newer, [], true],
    ])
    expect(found.vendorOwned).toBe(false)
    const blob = server.service
      .getContainerClient('director')
      .getBlockBlobClient('site/dcrepository/index.latest')
    await blob.uploadData(Buffer.from('00000038'))
    expect((await listDirectorPoints(store, { deep: false })).vendorOwned).toBe(true)
  })
})

const available = await sshdAvailable()
suiteNeeds('the runs of a Director on a real SFTP server', available, () => {
  let sshd: Sshd
  beforeAll(async () => {
    sshd = await startSshd({ subsystem: 'internal-sftp -R' })
  })
  afterAll(() => sshd.stop())

  it('are read from a folder that may not be written to', async () => {
    const backup = await makeDirectorBackup(join(sshd.files, 'director'), newer, { latest: true })
    await mkdir(join(sshd.files, 'director', 'dcrepository'))
    const store = await openSftp(sshd, backup.folder)
    onTestFinished(() => store.close())
    const found = await listDirectorPoints(store, { deep: true })
    expect(found.points.map(({ stamp, flags, isLatest }) => [stamp, flags, isLatest])).toEqual([
      [newer, [], true],
    ])
    expect(found.vendorOwned).toBe(true)
  })
})

/** The head of a tar whose content is cut off. */
function tarBlock(): Buffer {
  const head = Buffer.alloc(512)
  head.write('elk/half.ndjson', 0, 'latin1')
  head.write('0000644\0', 100, 'latin1')
  head.write('00000004000\0', 124, 'latin1')
  head.write('00000000000\0', 136, 'latin1')
  head.write('        0', 148, 'latin1')
  head.write('ustar\x0000', 257, 'latin1')
  head.write(
    `${head
      .reduce((sum, byte) => sum + byte, 0)
      .toString(8)
      .padStart(6, '0')}\0`,
    148,
    'latin1',
  )
  return head
}
