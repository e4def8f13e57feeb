import { chmod, chown, mkdir, readdir, symlink } from 'node:fs/promises'
import { join } from 'node:path'
import { ListObjectsV2Command, PutObjectCommand, S3Client } from '@aws-sdk/client-s3'
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from 'vitest'
import { noLog } from '../../electron/engine/ports.ts'
import { LocalStore } from '../../electron/engine/store/local/local-store.ts'
import type { ObjectStore } from '../../electron/engine/store/object-store.ts'
import { retrying } from '../../electron/engine/store/retrying.ts'
import { S3Store } from '../../electron/engine/store/s3/s3-store.ts'
import { s3Server } from '../../electron/engine/store/server-record.ts'
import { levelsOf, levelsOfFolder, vendorAmong } from '../../electron/engine/store/vendor-levels.ts'
import { requireNoVendor } from '../../electron/engine/store/vendor-place.ts'
import { EngineError } from '../../electron/engine/engine-error.ts'
import { AzureFixture } from '../support/azure-fixture.ts'
import { openSftp } from '../support/servers/sftp-place.ts'
import type { Sshd } from '../support/servers/sshd.ts'
import { sshdAvailable, startSshd } from '../support/servers/sshd.ts'
import type { Swift } from '../support/servers/swift.ts'
import { startSwift } from '../support/servers/swift.ts'
import type { Vsftpd } from '../support/servers/vsftpd.ts'
import { startVsftpd, vsftpdAvailable } from '../support/servers/vsftpd.ts'
import { suiteNeeds } from '../support/skip.ts'
import { tempFolder } from '../support/temp-folder.ts'
import { openFtp } from './ftp-support.ts'

/** Asked of a store below the vendor's folder: refused for a backup, and its probe only looks. */
async function expectRefused(store: ObjectStore, folder = 'dcrepository'): Promise<void> {
  expect(await store.vendorFolder?.()).toBe(folder)
  await expect(requireNoVendor(retrying(store), 'mine', new AbortController().signal)).rejects.toMatchObject({
    code: 'remote.unsupported',
    detail: expect.stringContaining(`${folder}/`) as string,
  })
  const { checks } = await store.probe()
  expect(checks.find(({ name }) => name === 'neighbours')?.detail).toContain('nothing was written')
}

describe('the levels that are looked at', () => {
  it('go from the place to the root of the bucket, or to the login’s folder', () => {
    expect(levelsOf('')).toEqual([''])
    expect(levelsOf('a/b//c/')).toEqual(['a/b//c/', 'a/b//', 'a/b/', 'a/', ''])
    for (const path of ['.', './', '']) expect(levelsOfFolder(path)).toEqual([''])
    expect(levelsOfFolder('./vendor//mine/')).toEqual(['vendor/mine/', 'vendor/', ''])
  })

  it('end four folders above a path from the root', () => {
    expect(levelsOfFolder('/')).toEqual(['/'])
    expect(levelsOfFolder('/srv/mine')).toEqual(['/srv/mine/', '/srv/', '/'])
    expect(levelsOfFolder('/1/2/3/4/5/6')).toHaveLength(5)
  })

  it('are many for a long prefix, and the looks under way few', async () => {
    let now = 0
    let most = 0
    const there = async (level: string, folder: string) => {
      most = Math.max(most, (now += 1))
      await Promise.resolve()
      now -= 1
      return level === '' && folder === 'drrepository'
    }
    expect(await vendorAmong(levelsOf('a/'.repeat(200)), { there, unseen: [] })).toBe('drrepository')
    expect(most).toBeLessThanOrEqual(8)
  })

  it('may be shut above the place, but not at the place itself', async () => {
    const shut = (at: string) => async (level: string) => {
      if (level === at) throw new EngineError('auth.denied', 'server.list', { subject: level })
      return false
    }
    const unseen = ['auth.denied'] as const
    expect(await vendorAmong(['a/', ''], { there: shut(''), unseen })).toBeNull()
    await expect(vendorAmong(['a/', ''], { there: shut('a/'), unseen })).rejects.toMatchObject({
      code: 'auth.denied',
    })
    await expect(vendorAmong(['a/', ''], { there: shut(''), unseen: [] })).rejects.toThrow()
  })
})

const swift = await startSwift()
suiteNeeds('a prefix of a bucket of the vendor’s, on S3', swift.ok ? { ok: true } : swift, () => {
  const server = (swift as { server: Swift }).server
  afterAll(() => server.stop())

  it.each(['', 'site/'])(
    'is refused where %sdcrepository/ lies above it, and nothing is written',
    async above => {
      const bucket = above === '' ? 'levels-root' : 'levels-site'
      await server.bucket(bucket)
      const outside = new S3Client({
        ...{ endpoint: server.endpoint, region: server.region, credentials: server, forcePathStyle: true },
        requestChecksumCalculation: 'WHEN_REQUIRED',
      })
      onTestFinished(() => outside.destroy())
      const open = (prefix: string) => {
        const record = { name: 'cloud', added: '2026-11-20T00:00:00Z', type: 's3', prefix }
        const place = { endpoint: server.endpoint, bucket, region: server.region }
        const store = new S3Store(s3Server.parse({ ...record, ...place }), server, { env: {}, log: noLog })
        onTestFinished(() => store.close())
        return store
      }
      expect(await open('site/mine').vendorFolder()).toBeNull()
      const Key = `${above}dcrepository/index.latest`
      await outside.send(new PutObjectCommand({ Bucket: bucket, Key, Body: 'x' }))
      await expectRefused(open('site/mine'))
      await expectRefused(open('site/mine/deeper/'))
      const { Contents = [] } = await outside.send(new ListObjectsV2Command({ Bucket: bucket }))
      expect(Contents.map(one => one.Key)).toEqual([Key])
      // A place beside the vendor's, not below it.
      expect(await open('elsewhere').vendorFolder()).toBe(above === '' ? 'dcrepository' : null)
    },
  )
})

describe('a prefix of a container of the vendor’s, on Azure', () => {
  it('is refused where drrepository/ lies above it, and nothing is written', async () => {
    const azure = await AzureFixture.start()
    onTestFinished(() => azure.stop())
    const container = await azure.container()
    const open = () => azure.open(container, { prefix: 'site/mine' })
    expect(await open().vendorFolder()).toBeNull()
    const client = azure.server.service.getContainerClient(container)
    await client.getBlockBlobClient('drrepository/index.latest').uploadData(Buffer.from('x'))
    await expectRefused(open(), 'drrepository')
    const names: string[] = []
    for await (const { name } of client.listBlobsFlat()) names.push(name)
    expect(names).toEqual(['drrepository/index.latest'])
  })
})

describe('a folder inside one of the vendor’s, on a disk', () => {
  const open = (path: string) =>
    new LocalStore({ type: 'local', name: 'disk', added: '2026-11-20T00:00:00Z', learned: {}, path })

  it('is refused when the vendor’s lies up to four folders above, and nothing is written', async () => {
    const root = await tempFolder()
    const deep = join(root, '1', '2', '3', '4')
    await mkdir(deep, { recursive: true })
    expect(await open(deep).vendorFolder()).toBeNull()
    await mkdir(join(root, 'dcrepository', 'mine'), { recursive: true })
    await expectRefused(open(deep))
    await expectRefused(open(join(root, 'dcrepository', 'mine')))
    expect(await readdir(deep)).toEqual([])
    expect(await readdir(join(root, 'dcrepository', 'mine'))).toEqual([])
  })

  it('is not made, and is refused through a link too', async () => {
    const root = await tempFolder()
    await mkdir(join(root, 'vendor', 'dcrepository'), { recursive: true })
    const missing = join(root, 'vendor', 'mine')
    expect(await open(missing).vendorFolder()).toBe('dcrepository')
    await expect(open(missing).probe()).rejects.toMatchObject({ code: 'remote.unsupported' })
    await expect(open(missing).put('a.bin', Buffer.from('x'))).rejects.toMatchObject({
      code: 'remote.unsupported',
    })
    expect(await readdir(join(root, 'vendor'))).toEqual(['dcrepository'])
    await mkdir(missing)
    await mkdir(join(root, 'other'))
    await symlink(missing, join(root, 'other', 'link'))
    await expectRefused(open(join(root, 'other', 'link')))
    expect(await readdir(missing)).toEqual([])
  })
})

suiteNeeds('a folder inside one of the vendor’s, on SFTP', await sshdAvailable(), () => {
  let sshd: Sshd
  beforeAll(async () => {
    sshd = await startSshd()
  })
  afterAll(() => sshd.stop())

  it('is refused whether it is there or not, and is not made', async () => {
    const vendor = join(sshd.files, 'vendor')
    await mkdir(join(vendor, 'there'), { recursive: true })
    const open = async (name: string) => {
      const store = await openSftp(sshd, join(vendor, name))
      onTestFinished(() => store.close())
      return store
    }
    expect(await (await open('there')).vendorFolder()).toBeNull()
    expect(await (await open('missing')).vendorFolder()).toBeNull()
    await mkdir(join(vendor, 'dcrepository'))
    await expectRefused(await open('there'))
    const missing = await open('missing')
    expect(await missing.vendorFolder()).toBe('dcrepository')
    await expect(missing.probe()).rejects.toMatchObject({ code: 'remote.unsupported' })
    await expect(missing.put('a.bin', Buffer.from('x'))).rejects.toMatchObject({ code: 'remote.unsupported' })
    expect((await readdir(vendor)).sort()).toEqual(['dcrepository', 'there'])
    expect(await readdir(join(vendor, 'there'))).toEqual([])
  })
})

suiteNeeds('a folder of the vendor’s, on FTP', await vsftpdAvailable(), () => {
  let ftp: Vsftpd
  beforeAll(async () => {
    ftp = await startVsftpd({ tls: 'none' })
  })
  afterAll(() => ftp.stop())
  const make = async (...names: string[]) => {
    await mkdir(join(ftp.home, ...names), { recursive: true })
    for (const [index] of names.entries()) {
      await chown(join(ftp.home, ...names.slice(0, index + 1)), ftp.uid, ftp.gid)
      await chmod(join(ftp.home, ...names.slice(0, index + 1)), 0o755)
    }
  }
  const open = (path: string) => {
    const store = openFtp(ftp, 'none', { path })
    onTestFinished(() => store.close())
    return store
  }

  it('is refused in the place and above it, used before or not, and no folder is made', async () => {
    await make('vendor', 'mine', 'deep')
    const before = open('vendor/mine/deep')
    expect(await before.vendorFolder()).toBeNull()
    await before.put('a.bin', Buffer.from('x'))
    expect(await before.vendorFolder()).toBeNull()
    await make('vendor', 'dcrepository')
    const paths = ['vendor', 'vendor/mine', 'vendor/mine/deep', 'vendor/missing']
    for (const path of [...paths, join(ftp.home, 'vendor', 'mine'), join(ftp.home, 'vendor', 'missing')])
      await expectRefused(open(path))
    await expectRefused(before)
    // It still finds its way.
    expect(await before.stat('a.bin')).toMatchObject({ size: 1 })
    expect((await readdir(join(ftp.home, 'vendor'))).sort()).toEqual(['dcrepository', 'mine'])
    expect(await readdir(join(ftp.home, 'vendor', 'mine', 'deep'))).toEqual(['a.bin'])
    expect(await open('elsewhere').vendorFolder()).toBeNull()
    expect(await readdir(ftp.home)).not.toContain('elsewhere')
    const writes = (await ftp.log()).match(/FTP command.*"(STOR|APPE|MKD|DELE|RNFR)/g) ?? []
    // Those of the one object from before the vendor's folder.
    expect(writes.length).toBe(2)
  })

  it('is refused in the login’s own folder', async () => {
    await make('drrepository')
    await expectRefused(open('.'), 'drrepository')
    await expectRefused(open('some/where'), 'drrepository')
    expect(await readdir(ftp.home)).not.toContain('some')
  })
})
