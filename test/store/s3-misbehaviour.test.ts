import { afterAll, describe, expect, it, onTestFinished } from 'vitest'
import { noLog } from '../../electron/engine/ports.ts'
import { S3Store } from '../../electron/engine/store/s3/s3-store.ts'
import { s3Server } from '../../electron/engine/store/server-record.ts'
import { all } from '../conformance/object-store.ts'
import { collect } from '../support/collect.ts'
import { startFakeS3, xml } from '../support/servers/fake-s3.ts'

const MiB = 1024 * 1024
const fake = await startFakeS3()
afterAll(() => fake.stop())

const secrets = { accessKeyId: 'someone', secretAccessKey: 'do-not-show', sessionToken: 'nor-this-token' }

function open(learned: Record<string, string | number | boolean> = {}): S3Store {
  const record = { name: 'fake', added: '', type: 's3', endpoint: fake.endpoint, bucket: 'things', learned }
  const store = new S3Store(s3Server.parse(record), secrets, { env: {}, log: noLog })
  onTestFinished(() => store.close())
  return store
}

const error = (code: string, message = '', more = '') =>
  `<Error><Code>${code}</Code><Message>${message}</Message>${more}</Error>`
const ok = xml(200, '', { etag: '"e"' })
const created = xml(
  200,
  '<InitiateMultipartUploadResult><UploadId>u1</UploadId></InitiateMultipartUploadResult>',
)
const absent = xml(404, error('NoSuchKey'))

describe('S3 store against a server that misbehaves (fake)', () => {
  it.each([
    ['InvalidAccessKeyId', 403, 'auth.rejected'],
    ['ExpiredToken', 400, 'auth.rejected'],
    ['AccessDenied', 403, 'auth.denied'],
    ['SlowDown', 503, 'network.throttled'],
    ['TooManyRequests', 429, 'network.throttled'],
    ['InternalError', 500, 'remote.failed'],
    ['ServiceUnavailable', 503, 'remote.failed'],
    ['QuotaExceeded', 403, 'remote.full'],
    ['Whatever', 507, 'remote.full'],
    ['EntityTooLarge', 400, 'remote.limit'],
    ['RequestTimeout', 400, 'network.interrupted'],
    ['NotImplemented', 501, 'remote.unsupported'],
    ['NeverHeardOf', 400, 'remote.unsupported'],
    ['NeverHeardOf', 599, 'remote.failed'],
  ])('maps %s with status %i to %s', async (code, status, expected) => {
    fake.answer(xml(status, error(code, 'because')))
    await expect(open().put('a.bin', Buffer.from('x'))).rejects.toMatchObject({ code: expected })
  })

  it('tells how long to wait when the server names a time', async () => {
    fake.answer(xml(503, error('SlowDown'), { 'retry-after': '7' }))
    await expect(open().put('a.bin', Buffer.from('x'))).rejects.toMatchObject({
      code: 'network.throttled',
      retryAfterMs: 7000,
    })
  })

  it('sends each request once', async () => {
    fake.answer(xml(500, error('InternalError')))
    const before = fake.seen.length
    await expect(open().put('a.bin', Buffer.from('x'))).rejects.toMatchObject({ code: 'remote.failed' })
    expect(fake.seen.length).toBe(before + 1)
  })

  it('names the region of a redirect', async () => {
    fake.answer(xml(301, error('PermanentRedirect'), { 'x-amz-bucket-region': 'eu-central-1' }))
    const expected = { code: 'input.invalid', detail: expect.stringContaining('eu-central-1') as string }
    await expect(open().put('a.bin', Buffer.from('x'))).rejects.toMatchObject(expected)
    await expect(open().stat('a.bin')).rejects.toMatchObject(expected)
  })

  it('sends the session token and shows no secret that the server echoes', async () => {
    fake.answer(xml(403, error('AccessDenied', 'you sent nor-this-token\u0085and do-not-show')))
    const failure: unknown = await open()
      .put('a.bin', Buffer.from('x'))
      .catch((err: unknown) => err)
    expect(fake.seen.at(-1)?.headers['x-amz-security-token']).toBe('nor-this-token')
    expect(String(failure)).toContain('you sent *** and ***')
  })

  it('sends plain bytes with their length and hash, never in chunks of its own making', async () => {
    fake.answer(ok)
    await open().put('a.bin', Buffer.alloc(MiB))
    const { headers, bytes } = fake.seen.at(-1)!
    expect(bytes).toBe(MiB)
    expect(headers['content-length']).toBe(String(MiB))
    expect(headers['x-amz-content-sha256']).toMatch(/^[0-9a-f]{64}$/)
    expect(headers['content-encoding']).toBeUndefined()
    expect(headers['transfer-encoding']).toBeUndefined()
    expect(
      Object.keys(headers).filter(
        name => name.startsWith('x-amz-checksum') || name.startsWith('x-amz-sdk-checksum'),
      ),
    ).toEqual([])
  })

  it.each([
    ['an error', xml(200, error('InternalError', 'later'))],
    ['a page of some portal', xml(200, '<html><body>Please log in</body></html>')],
    ['nothing', xml(200, '')],
  ])('takes status 200 with %s for a failure', async (_, answer) => {
    fake.answer(answer)
    const store = open()
    const failing = { code: expect.stringMatching(/^remote\.(failed|wrong-answer)$/) as string }
    await expect(collect(store.list(''))).rejects.toMatchObject(failing)
    await expect(store.put('a.bin', Buffer.from('x'))).rejects.toMatchObject(failing)
    await expect(store.upload('a.bin')).rejects.toMatchObject(failing)
    await expect(all(store.read('a.bin', { offset: 0 }))).rejects.toMatchObject(failing)
    await expect(all(store.read('a.bin', { offset: 1, length: 2 }))).rejects.toMatchObject(failing)

    fake.answer(created, ok, absent, xml(200, ''), answer)
    const upload = await store.upload('a.bin')
    await upload.write({ index: 0, offset: 0, bytes: Buffer.from('x') })
    await expect(upload.commit({ bytes: 1, parts: 1 })).rejects.toMatchObject(failing)
  })

  it('takes a commit for failed when the object has another size afterwards', async () => {
    const done = xml(200, '<CompleteMultipartUploadResult><ETag>e</ETag></CompleteMultipartUploadResult>')
    fake.answer(created, ok, absent, xml(200, ''), done, (_, response) => {
      response.writeHead(200, { 'content-length': '4', etag: '"e"' }).end()
    })
    const upload = await open().upload('a.bin')
    await upload.write({ index: 0, offset: 0, bytes: Buffer.from('12345') })
    await expect(upload.commit({ bytes: 5, parts: 1 })).rejects.toMatchObject({ code: 'remote.wrong-answer' })
  })

  it('says remote.wrong-answer when the server ignores the range', async () => {
    fake.answer((_, response) => {
      response.writeHead(200, { 'content-length': '10', etag: '"e"' }).end('0123456789')
    })
    await expect(all(open().read('a.bin', { offset: 2, length: 3 }))).rejects.toMatchObject({
      code: 'remote.wrong-answer',
      detail: expect.stringContaining('ignored the range') as string,
    })
  })

  it('says remote.wrong-answer for another range than was asked for', async () => {
    fake.answer((_, response) => {
      response
        .writeHead(206, { 'content-length': '3', 'content-range': 'bytes 3-5/10', etag: '"e"' })
        .end('345')
    })
    await expect(all(open().read('a.bin', { offset: 2, length: 3 }))).rejects.toMatchObject({
      code: 'remote.wrong-answer',
    })
  })

  it('says network.interrupted when a body ends early', async () => {
    fake.answer((_, response) => {
      response.writeHead(200, { 'content-length': '1000', etag: '"e"' })
      response.write('only this', () => response.destroy())
    })
    await expect(all(open().read('a.bin', { offset: 0 }))).rejects.toMatchObject({
      code: 'network.interrupted',
    })
  })

  it('cuts off an answer without end', async () => {
    fake.answer((_, response) => {
      response.writeHead(200, { 'content-type': 'application/xml' }).write('<?xml version="1.0"?>\n')
      const blanks = Buffer.alloc(MiB, ' ')
      const more = (): void => {
        while (!response.destroyed && response.write(blanks));
      }
      response.on('drain', more)
      more()
    })
    await expect(collect(open().list(''))).rejects.toMatchObject({
      code: 'remote.wrong-answer',
      detail: expect.stringContaining('without end') as string,
    })
  })

  it('gives up a listing that says it goes on and does not say where', async () => {
    fake.answer(
      xml(200, '<ListBucketResult><Name>things</Name><IsTruncated>true</IsTruncated></ListBucketResult>'),
    )
    await expect(collect(open().list(''))).rejects.toMatchObject({ code: 'remote.wrong-answer' })
  })

  it.each([
    ['refuses to list parts', xml(501, error('NotImplemented'))],
    ['takes the listing of parts for a read', absent],
  ])('confirms nothing at a server that %s', async (_, answer) => {
    fake.answer(answer)
    const token = { uploadId: 'u1', key: 'a.bin', id: 'i' }
    const upload = await open().upload('a.bin', { resume: token })
    expect(upload.confirmed).toEqual({ bytes: 0, parts: 0 })
  })

  it('does not ask for parts where a probe found that it is no use', async () => {
    const before = fake.seen.length
    const upload = await open({ listParts: false }).upload('a.bin', {
      resume: { uploadId: 'u1', key: 'a.bin', id: 'i' },
    })
    expect(upload.confirmed.parts).toBe(0)
    expect(fake.seen.length).toBe(before)
  })

  it('refuses a token of another place', async () => {
    const resume = { uploadId: 'u1', key: 'elsewhere/a.bin', id: 'i' }
    await expect(open().upload('a.bin', { resume })).rejects.toMatchObject({ code: 'remote.not-found' })
  })

  it('takes the refusal of a conditional write for an object that is there', async () => {
    fake.answer(absent, xml(200, ''), xml(412, error('PreconditionFailed')))
    await expect(open().put('a.bin', Buffer.from('x'), { ifAbsent: true })).rejects.toMatchObject({
      code: 'remote.exists',
    })
    expect(fake.seen.at(-1)?.headers['if-none-match']).toBe('*')
  })

  it('frees the connection when an answer comes before the whole body was sent', async () => {
    const store = open()
    for (let i = 0; i < 30; i++) {
      // More often than there are sockets: one that stayed taken would hold up the rest for ever.
      fake.answer(xml(503, error('SlowDown')))
      await expect(store.put('a.bin', Buffer.alloc(MiB))).rejects.toMatchObject({ code: 'network.throttled' })
    }
  })
})
