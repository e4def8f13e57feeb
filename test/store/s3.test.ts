import { randomBytes } from 'node:crypto'
import { mkdir, writeFile } from 'node:fs/promises'
import path from 'node:path'
import { DeleteObjectCommand, ListObjectsV2Command, PutObjectCommand, S3Client } from '@aws-sdk/client-s3'
import { afterAll, afterEach, describe, expect, it, onTestFinished, vi } from 'vitest'
import { noLog } from '../../electron/engine/ports.ts'
import { S3Store } from '../../electron/engine/store/s3/s3-store.ts'
import type { S3Secrets } from '../../electron/engine/store/server-record.ts'
import { s3Server } from '../../electron/engine/store/server-record.ts'
import { all } from '../conformance/object-store.ts'
import { collect } from '../support/collect.ts'
import { freePort } from '../support/free-port.ts'
import { startHttpProxy } from '../support/servers/http-proxy.ts'
import { startSwift } from '../support/servers/swift.ts'
import type { CertificateKind } from '../support/servers/test-certificate.ts'
import { startTlsFront } from '../support/servers/tls-front.ts'
import { tempFolder } from '../support/temp-folder.ts'

const MiB = 1024 * 1024

// With Swift's own limit of 1000 parts, which the probe has to find out.
const started = await startSwift({ maxParts: 1000 })
const server = started.ok ? started.server : null
const outside = server
  ? new S3Client({
      endpoint: server.endpoint,
      region: server.region,
      forcePathStyle: true,
      credentials: server,
    })
  : null
afterAll(async () => {
  outside?.destroy()
  await server?.stop()
})
if (server) await server.bucket('things')

type Changes = { env?: Record<string, string>; secrets?: S3Secrets | null; [key: string]: unknown }

function open({ env = {}, secrets = server, ...record }: Changes = {}): S3Store {
  const store = new S3Store(
    s3Server.parse({
      name: 'swift',
      added: '2026-01-01T00:00:00Z',
      type: 's3',
      endpoint: server?.endpoint,
      bucket: 'things',
      ...record,
    }),
    secrets,
    { env, log: noLog },
  )
  onTestFinished(() => store.close())
  return store
}

const put = (Key: string, Body = 'x') => outside?.send(new PutObjectCommand({ Bucket: 'things', Key, Body }))

async function keys(): Promise<string[]> {
  const page = await outside?.send(new ListObjectsV2Command({ Bucket: 'things' }))
  return (page?.Contents ?? []).map(({ Key }) => Key ?? '')
}

/** TLS in front of Swift, with a certificate of an authority that only `ca` names. */
async function withTls(kind: CertificateKind = 'good'): Promise<{ endpoint: string; ca: string }> {
  const front = await startTlsFront(Number(new URL(server?.endpoint ?? '').port), kind, await tempFolder())
  onTestFinished(() => front.stop())
  return { endpoint: front.endpoint, ca: front.ca }
}

describe.skipIf(server === null)(`S3 store against Swift${started.ok ? '' : ` (${started.why})`}`, () => {
  afterEach(() => {
    vi.useRealTimers()
  })

  it('says auth.rejected for a wrong key or secret, also where the answer has no body', async () => {
    for (const secrets of [
      { accessKeyId: 'test:tester', secretAccessKey: 'wrong' },
      { accessKeyId: 'nobody:here', secretAccessKey: 'testing' },
    ]) {
      const store = open({ secrets })
      await expect(collect(store.list(''))).rejects.toMatchObject({ code: 'auth.rejected' })
      await expect(store.stat('a')).rejects.toMatchObject({ code: 'auth.rejected' })
      await expect(store.put('a', Buffer.alloc(3 * MiB))).rejects.toMatchObject({ code: 'auth.rejected' })
    }
  })

  it('says remote.no-container for a bucket that is not there', async () => {
    const store = open({ bucket: 'not-there' })
    const expected = { code: 'remote.no-container' }
    await expect(collect(store.list(''))).rejects.toMatchObject(expected)
    await expect(store.stat('a')).rejects.toMatchObject(expected)
    await expect(all(store.read('a', { offset: 0 }))).rejects.toMatchObject(expected)
    await expect(store.put('a', Buffer.from('x'))).rejects.toMatchObject(expected)
    await expect(store.upload('a')).rejects.toMatchObject(expected)
    await expect(store.remove('a')).rejects.toMatchObject(expected)
  })

  it('names the right region when the configured one is wrong', async () => {
    const store = open({ region: 'eu-west-1' })
    const expected = { code: 'input.invalid', detail: expect.stringContaining('us-east-1') as string }
    await expect(collect(store.list(''))).rejects.toMatchObject(expected)
    await expect(store.stat('a')).rejects.toMatchObject(expected)
  })

  it('says auth.clock-skew with the difference, every time, when the clock is 20 minutes off', async () => {
    const store = open()
    vi.useFakeTimers({ toFake: ['Date'], now: Date.now() + 20 * 60_000 })
    const ahead = { code: 'auth.clock-skew', detail: expect.stringContaining('20 minutes ahead') as string }
    await expect(store.stat('a')).rejects.toMatchObject(ahead)
    await expect(collect(store.list(''))).rejects.toMatchObject(ahead)
    await expect(store.put('a', Buffer.from('x'))).rejects.toMatchObject(ahead)
    vi.setSystemTime(Date.now() - 40 * 60_000)
    await expect(store.stat('a')).rejects.toMatchObject({
      detail: expect.stringContaining('20 minutes behind') as string,
    })
  })

  it('says network.unreachable when nobody listens', async () => {
    const store = open({ endpoint: `http://127.0.0.1:${await freePort()}` })
    await expect(collect(store.list(''))).rejects.toMatchObject({ code: 'network.unreachable' })
    await expect(store.put('a', Buffer.alloc(MiB))).rejects.toMatchObject({ code: 'network.unreachable' })
  })

  it('sees only plain names right under its prefix', async () => {
    for (const key of [
      'p/plain.bin',
      'p/deep/er.bin',
      'p/.hidden',
      'p/a b+c%',
      'p/q\u0001x',
      'px/other.bin',
      'p.bin',
    ]) {
      await put(key)
    }
    const store = open({ prefix: '/p/' })
    expect((await collect(store.list(''))).map(({ name }) => name)).toEqual(['plain.bin'])
    expect(await collect(store.list('deep'))).toEqual([])
    expect(store.about).toContain('s3://things/p at ')
  })

  it('lists more objects than fit into one answer', async () => {
    const count = 1050
    let next = 0
    const worker = async () => {
      while (next < count) await put(`many/${String(next++).padStart(4, '0')}`)
    }
    await Promise.all(Array.from({ length: 8 }, worker))
    const names = (await collect(open({ prefix: 'many' }).list(''))).map(({ name }) => name)
    expect(new Set(names).size).toBe(count)
    expect(names.length).toBe(count)
  })

  it('confirms only the parts before the first gap', async () => {
    const store = open()
    const upload = await store.upload('gap.bin')
    const part = randomBytes(5 * MiB)
    for (const index of [0, 2]) await upload.write({ index, offset: index * part.length, bytes: part })
    await upload.detach()
    const resumed = await store.upload('gap.bin', { resume: upload.token })
    expect(resumed.confirmed).toEqual({ bytes: part.length, parts: 1 })
    await resumed.rewind({ bytes: 0, parts: 0 })
    await resumed.write({ index: 0, offset: 0, bytes: Buffer.from('small after all') })
    await resumed.commit({ bytes: 15, parts: 1 })
    expect(String(await all(store.read('gap.bin', { offset: 0 })))).toBe('small after all')
  })

  it('refuses to rewind to a place where no part ends', async () => {
    const store = open()
    const upload = await store.upload('rewind.bin')
    await upload.write({ index: 0, offset: 0, bytes: Buffer.alloc(5 * MiB) })
    await expect(upload.rewind({ bytes: 17, parts: 1 })).rejects.toMatchObject({ code: 'internal' })
    await upload.abort()
  })

  it.each([
    ['of three parts', 3],
    ['without a part', 0],
  ])('commits an upload %s again when the answer to the first commit was lost', async (_, parts) => {
    const proxy = await startHttpProxy()
    onTestFinished(() => proxy.stop())
    const store = open({ env: { HTTP_PROXY: proxy.url }, learned: { ifNoneMatch: false } })
    const name = `lost-${parts}.bin`
    const upload = await store.upload(name)
    const part = randomBytes(5 * MiB)
    for (let index = 0; index < parts; index++) {
      await upload.write({ index, offset: index * part.length, bytes: part })
    }
    proxy.loseAnswerTo(
      (method, url) => (parts > 0 ? method === 'POST' : method === 'PUT') && url.pathname.endsWith(name),
    )
    const total = { bytes: parts * part.length, parts }
    await expect(upload.commit(total)).rejects.toMatchObject({ code: 'network.interrupted' })
    expect((await store.stat(name))?.size).toBe(total.bytes)
    await upload.commit(total)
  })

  it('does not take an object of the same size for its own when it commits', async () => {
    const store = open()
    const upload = await store.upload('same-size.bin')
    await upload.write({ index: 0, offset: 0, bytes: Buffer.from('mine!') })
    await put('same-size.bin', 'other')
    await expect(upload.commit({ bytes: 5, parts: 1 })).rejects.toMatchObject({ code: 'remote.exists' })
    await upload.abort()
    expect(String(await all(store.read('same-size.bin', { offset: 0 })))).toBe('other')
  })

  it('refuses to commit other bytes than were written', async () => {
    const upload = await open().upload('less.bin')
    await upload.write({ index: 0, offset: 0, bytes: Buffer.from('12345') })
    await expect(upload.commit({ bytes: 6, parts: 1 })).rejects.toMatchObject({ code: 'internal' })
    await upload.abort()
  })

  it('ends a write and hands on the error when its gate fails', async () => {
    const store = open()
    const upload = await store.upload('gate.bin')
    const failing = upload.write(
      { index: 0, offset: 0, bytes: Buffer.alloc(6 * MiB) },
      { gate: () => Promise.reject(new Error('the gate broke')) },
    )
    await expect(failing).rejects.toMatchObject({
      cause: expect.objectContaining({ message: 'the gate broke' }) as Error,
    })
    await upload.abort()
  })

  it('stops parts under way when the upload is aborted', async () => {
    const upload = await open().upload('stop.bin')
    const reached = Promise.withResolvers<void>()
    const writing = upload.write(
      { index: 0, offset: 0, bytes: Buffer.alloc(6 * MiB) },
      {
        gate: () => {
          reached.resolve()
          return new Promise(() => {})
        },
      },
    )
    const seen = expect(writing).rejects.toMatchObject({ code: 'cancelled' })
    await reached.promise
    await upload.abort()
    await seen
  })

  it('learns the most parts of an upload, and derives its limits from it', async () => {
    const { checks, learned } = await open({ prefix: 'probed' }).probe()
    expect(learned).toMatchObject({
      maxParts: 1000,
      listParts: true,
      multipart: true,
      ifNoneMatch: false,
      tls: false,
      pathStyle: true,
    })
    expect(checks.find(({ name }) => name === 'tls')).toMatchObject({ ok: false, level: 'warn' })
    expect(open({ learned }).limits).toEqual({
      maxObjectBytes: 8000 * MiB,
      minPartBytes: 5 * MiB,
      maxParts: 1000,
    })
    expect(open().limits.maxParts).toBe(10_000)
    expect((await keys()).filter(key => key.startsWith('probed'))).toEqual([])
  })

  it.each(['dcrepository', 'drrepository'])(
    'writes nothing to try out a bucket that holds %s',
    async folder => {
      await put(`${folder}/db/one.tar`)
      const proxy = await startHttpProxy()
      onTestFinished(() => proxy.stop())
      for (const prefix of ['', folder]) {
        const { checks } = await open({ prefix, env: { HTTP_PROXY: proxy.url } }).probe()
        expect(checks.find(({ name }) => name === 'neighbours')?.detail).toContain('nothing was written')
      }
      expect(proxy.requests.length).toBeGreaterThan(1)
      expect(proxy.requests.filter(line => !/^(GET|HEAD) /.test(line))).toEqual([])
      await outside?.send(new DeleteObjectCommand({ Bucket: 'things', Key: `${folder}/db/one.tar` }))
    },
  )

  it('says in the probe why it cannot list', async () => {
    const { checks } = await open({ bucket: 'not-there' }).probe()
    expect(checks[0]).toMatchObject({
      name: 'list',
      ok: false,
      level: 'stop',
      detail: expect.stringContaining('no-container') as string,
    })
  })

  it('removes its object when the probe is cancelled half-way', async () => {
    const proxy = await startHttpProxy()
    onTestFinished(() => proxy.stop())
    const stop = new AbortController()
    const store = open({ prefix: 'cancelled-probe', env: { HTTP_PROXY: proxy.url } })
    proxy.loseAnswerTo(method => {
      if (method === 'POST') stop.abort()
      return false
    })
    await expect(store.probe({ signal: stop.signal })).rejects.toMatchObject({ code: 'cancelled' })
    expect(proxy.requests.some(line => line.startsWith('PUT '))).toBe(true)
    expect((await keys()).filter(key => key.startsWith('cancelled-probe'))).toEqual([])
  })

  it('takes its keys from a profile', async () => {
    const home = await tempFolder()
    await mkdir(path.join(home, '.aws'))
    await writeFile(
      path.join(home, '.aws', 'credentials'),
      `[field]\naws_access_key_id = ${server?.accessKeyId}\naws_secret_access_key = ${server?.secretAccessKey}\n`,
    )
    const store = open({ secrets: null, profile: 'field', env: { HOME: home } })
    await store.put('by-profile.bin', Buffer.from('x'))
    expect(await store.stat('by-profile.bin')).toMatchObject({ size: 1 })
    const absent = open({ secrets: null, profile: 'absent', env: { HOME: home } })
    await expect(absent.stat('a')).rejects.toMatchObject({ code: 'auth.secret-missing' })
  })

  it('trusts the CA of the server, and refuses certificates that do not fit', async () => {
    const good = await withTls()
    const store = open(good)
    const body = randomBytes(3 * MiB)
    await store.put('tls.bin', body)
    expect((await all(store.read('tls.bin', { offset: 0 }))).equals(body)).toBe(true)
    expect((await store.probe()).learned).toMatchObject({ tls: true })
    const distrusted = { code: 'trust.certificate' }
    await expect(open({ endpoint: good.endpoint }).stat('a')).rejects.toMatchObject(distrusted)
    await expect(open(await withTls('expired')).stat('a')).rejects.toMatchObject({
      ...distrusted,
      detail: expect.stringContaining('expired') as string,
    })
    await expect(open(await withTls('other-host')).stat('a')).rejects.toMatchObject({
      ...distrusted,
      detail: expect.stringContaining('another name') as string,
    })
  })

  it('goes through a proxy that wants a password, with and without TLS', async () => {
    const proxy = await startHttpProxy({ user: 'field', password: 'p@ss:word' })
    onTestFinished(() => proxy.stop())
    const env = { HTTP_PROXY: proxy.url, HTTPS_PROXY: proxy.url }
    const front = await withTls()
    for (const more of [{}, front]) {
      const store = open({ env, ...more })
      const body = randomBytes(2 * MiB)
      await store.put('proxied.bin', body)
      expect((await all(store.read('proxied.bin', { offset: 0 }))).equals(body)).toBe(true)
    }
    expect(proxy.requests.length).toBeGreaterThan(1)
    expect(proxy.tunnels).toContain(new URL(front.endpoint).host)
    await expect(open({ env, endpoint: front.endpoint }).stat('a')).rejects.toMatchObject({
      code: 'trust.certificate',
    })

    const seen = proxy.requests.length
    await open({ env: { ...env, NO_PROXY: 'example.com,127.0.0.0/8' } }).stat('a')
    expect(proxy.requests.length).toBe(seen)
  })

  it('says network.proxy when the proxy refuses or is not there, without its password', async () => {
    const proxy = await startHttpProxy({ user: 'field', password: 'right' })
    onTestFinished(() => proxy.stop())
    const wrong = proxy.url.replace('right', 'sesame')
    const gone = `http://field:sesame@127.0.0.1:${await freePort()}`
    const front = await withTls()
    for (const url of [wrong, gone]) {
      for (const more of [{}, front]) {
        const env = { HTTP_PROXY: url, HTTPS_PROXY: url }
        const failure: unknown = await open({ env, ...more })
          .put('a', Buffer.alloc(MiB))
          .catch((err: unknown) => err)
        expect(failure).toMatchObject({ code: 'network.proxy' })
        expect(String(failure)).not.toContain('sesame')
      }
    }
  })
})
