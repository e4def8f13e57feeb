import { randomBytes } from 'node:crypto'
import { afterAll, describe, expect, it } from 'vitest'
import { noLog } from '../../electron/engine/ports.ts'
import { S3Store } from '../../electron/engine/store/s3/s3-store.ts'
import { s3Server } from '../../electron/engine/store/server-record.ts'
import { all } from '../conformance/object-store.ts'
import { collect } from '../support/collect.ts'
import { startS3rver } from '../support/servers/s3rver.ts'

const MiB = 1024 * 1024
const server = await startS3rver('things')
const record = s3Server.parse({
  name: 's3rver',
  added: '2026-01-01T00:00:00Z',
  type: 's3',
  endpoint: server.endpoint,
  bucket: server.bucket,
})
const store = new S3Store(record, server, { env: {}, log: noLog })
afterAll(async () => {
  await store.close()
  await server.stop()
})

describe('S3 store against a server that cannot list parts (s3rver)', () => {
  it('says so in the probe and leaves nothing behind', async () => {
    const { checks, learned } = await store.probe()
    expect(learned).toMatchObject({ multipart: true, listParts: false })
    expect(checks.find(({ name }) => name === 'multipart')?.detail).toContain('starts over')
    expect(await collect(store.list(''))).toEqual([])
  })

  it('confirms nothing of an upload taken up again, and completes it when all is sent again', async () => {
    const parts = [randomBytes(6 * MiB), randomBytes(5 * MiB), randomBytes(10)]
    const first = await store.upload('again.bin')
    await first.write({ index: 0, offset: 0, bytes: randomBytes(6 * MiB) })
    await first.detach()
    const upload = await store.upload('again.bin', { resume: first.token })
    expect(upload.confirmed).toEqual({ bytes: 0, parts: 0 })
    await upload.rewind({ bytes: 0, parts: 0 })
    let offset = 0
    for (const [index, bytes] of parts.entries()) {
      await upload.write({ index, offset, bytes })
      offset += bytes.length
    }
    await upload.commit({ bytes: offset, parts: parts.length })
    expect((await all(store.read('again.bin', { offset: 0 }))).equals(Buffer.concat(parts))).toBe(true)
  })
})
