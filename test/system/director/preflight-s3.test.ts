import { afterAll, beforeAll, expect, it, onTestFinished } from 'vitest'
import { PutObjectCommand, S3Client } from '@aws-sdk/client-s3'
import { uploadDirectorBackup } from '../../support/director/backup-place.ts'
import { standInAvailable } from '../../support/director/stand-in.ts'
import { startHttpProxy } from '../../support/servers/http-proxy.ts'
import { sshdAvailable } from '../../support/servers/sshd.ts'
import type { Swift } from '../../support/servers/swift.ts'
import { startSwift } from '../../support/servers/swift.ts'
import { suiteNeeds } from '../../support/skip.ts'
import type { Hosts } from './preflight-place.ts'
import { makePlace, startHosts } from './preflight-place.ts'

const sshd = await sshdAvailable()
const stand = await standInAvailable()
const root = process.getuid?.() === 0
const swift = await startSwift()
const needs = !root
  ? { ok: false as const, why: 'users with passwords can be made by root only' }
  : !sshd.ok
    ? sshd
    : !stand.ok
      ? stand
      : swift.ok
        ? { ok: true as const }
        : swift

suiteNeeds('the preflight of a Director restore from a bucket of the vendor’s own backup', needs, () => {
  const server = (swift as { server: Swift }).server
  let hosts: Hosts
  beforeAll(async () => {
    hosts = await startHosts()
    await server.bucket('director')
  })
  afterAll(async () => {
    await hosts.stop()
    await server.stop()
  })

  it('says GO, and sends the bucket nothing but GET and HEAD', async () => {
    const proxy = await startHttpProxy()
    onTestFinished(() => proxy.stop())
    const { check, deps, backup } = await makePlace(hosts, { serverEnv: { HTTP_PROXY: proxy.url } })
    await uploadDirectorBackup({ kind: 's3', server, bucket: 'director' }, backup, backup.files)
    const outside = new S3Client({
      ...{ endpoint: server.endpoint, region: server.region, credentials: server, forcePathStyle: true },
      requestChecksumCalculation: 'WHEN_REQUIRED',
    })
    onTestFinished(() => outside.destroy())
    const Key = 'dcrepository/index.latest'
    await outside.send(new PutObjectCommand({ Bucket: 'director', Key, Body: '00000038' }))
    await deps.addServer(
      {
        ...{ type: 's3', name: 'cloud', endpoint: server.endpoint, bucket: 'director', prefix: '' },
        ...{ region: server.region, learned: {}, added: '2026-11-20T00:00:00Z' },
      },
      { accessKeyId: server.accessKeyId, secretAccessKey: server.secretAccessKey },
    )
    const found = await check({ server: 'cloud' })
    expect(found.trouble).toEqual([])
    expect(found.verdict).toBe('GO')
    expect(found.line('analytics')).toMatchObject({ state: 'pass' })
    expect(found.line('server')?.finding).toContain('nothing is written there')
    expect(found.files.map(({ sha256 }) => sha256)).toEqual(backup.files.map(({ sha256 }) => sha256))
    expect(proxy.requests.length).toBeGreaterThan(5)
    expect(proxy.requests.filter(line => !/^(GET|HEAD) /.test(line))).toEqual([])
    expect(JSON.stringify(found)).not.toContain(server.secretAccessKey)
  })

  it('stops at a bucket that is not there, and at keys that are not taken', async () => {
    const { check, deps } = await makePlace(hosts)
    const record = {
      ...({ type: 's3', endpoint: server.endpoint, prefix: '', region: server.region } as const),
      ...{ learned: {}, added: '2026-11-20T00:00:00Z' },
    }
    const keys = { accessKeyId: server.accessKeyId, secretAccessKey: server.secretAccessKey }
    await deps.addServer({ ...record, name: 'gone', bucket: 'no-such' }, keys)
    await deps.addServer(
      { ...record, name: 'shut', bucket: 'director' },
      { ...keys, secretAccessKey: 'wrong' },
    )
    for (const name of ['gone', 'shut']) {
      const found = await check({ server: name })
      expect(found.verdict).toBe('NO-GO')
      expect(found.line('server')).toMatchObject({ state: 'stop' })
      expect(found.line('files')).toMatchObject({ state: 'not-tried' })
    }
  })
})
