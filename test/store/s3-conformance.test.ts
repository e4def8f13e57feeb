import { randomBytes } from 'node:crypto'
import { afterAll, describe, expect, it, onTestFinished } from 'vitest'
import { noLog } from '../../electron/engine/ports.ts'
import { retrying } from '../../electron/engine/store/retrying.ts'
import { S3Store } from '../../electron/engine/store/s3/s3-store.ts'
import { s3Server } from '../../electron/engine/store/server-record.ts'
import { all, objectStoreConformance } from '../conformance/object-store.ts'
import type { FaultPlan } from '../support/fault-proxy.ts'
import { FaultProxy } from '../support/fault-proxy.ts'
import { startSwift } from '../support/servers/swift.ts'

const MiB = 1024 * 1024
const swift = await startSwift()

if (swift.ok) {
  const { server } = swift
  afterAll(() => server.stop())
  await server.bucket('conformance')

  const open = (endpoint = server.endpoint) => {
    const record = s3Server.parse({
      name: 'swift',
      added: '2026-01-01T00:00:00Z',
      type: 's3',
      endpoint,
      bucket: 'conformance',
      prefix: 'backups/here',
    })
    return new S3Store(record, server, { env: {}, log: noLog })
  }

  objectStoreConformance('S3 (OpenStack Swift)', async () => ({
    store: open(),
    reopen: async () => open(),
    cleanup: async () => {},
  }))

  describe('S3 store over a network that fails (OpenStack Swift)', () => {
    /** A bare and a retrying store behind a proxy whose next connection meets `plan`. */
    async function behind(plan: FaultPlan) {
      const proxy = await FaultProxy.start({ targetPort: Number(new URL(server.endpoint).port) })
      const store = open(`http://${proxy.host}:${proxy.port}`)
      onTestFinished(async () => {
        await store.close()
        await proxy[Symbol.asyncDispose]()
      })
      proxy.next(plan)
      const retries: string[] = []
      const patient = retrying(store, {
        delay: async () => {},
        stallMs: 1500,
        onRetry: ({ code }) => retries.push(code),
      })
      return { store, patient, retries }
    }

    const name = () => `fault-${randomBytes(6).toString('hex')}.bin`

    it.each<[string, FaultPlan]>([
      ['is reset', { cut: { direction: 'up', after: 2 * MiB, how: 'reset' } }],
      ['is closed', { cut: { direction: 'up', after: 2 * MiB, how: 'close' } }],
      ['is reset before the answer', { resetBeforeAnswer: { afterUp: 3 * MiB } }],
    ])(
      'says network.interrupted when the connection of a write %s, and a retry goes through',
      async (_, plan) => {
        const body = randomBytes(3 * MiB)
        const { store } = await behind(plan)
        await expect(store.put(name(), body)).rejects.toMatchObject({ code: 'network.interrupted' })
        const again = await behind(plan)
        const key = name()
        await again.patient.put(key, body)
        expect(again.retries).toEqual(['network.interrupted'])
        expect((await all(again.store.read(key, { offset: 0 }))).equals(body)).toBe(true)
      },
    )

    it('goes on with a read where it broke', async () => {
      const body = randomBytes(5 * MiB)
      const key = name()
      const { patient, retries, store } = await behind({
        cut: { direction: 'down', after: 2 * MiB, how: 'reset' },
      })
      const direct = open()
      onTestFinished(() => direct.close())
      await direct.put(key, body)
      expect((await all(patient.read(key, { offset: 0 }))).equals(body)).toBe(true)
      expect(retries).toEqual(['network.interrupted'])
      expect((await all(store.read(key, { offset: 0 }))).equals(body)).toBe(true)
    })

    it.each(['up', 'down'] as const)(
      'is noticed when nothing moves any more %s the wire',
      async direction => {
        const body = randomBytes(3 * MiB)
        const key = name()
        const direct = open()
        onTestFinished(() => direct.close())
        await direct.put(key, body)
        const { patient, retries } = await behind({ halfOpen: { direction, after: MiB } })
        if (direction === 'up') await patient.put(key, body)
        else expect((await all(patient.read(key, { offset: 0 }))).equals(body)).toBe(true)
        expect(retries).toEqual(['network.stalled'])
      },
    )

    it('is told by the server when bytes were changed on the way, and sends them again', async () => {
      const body = randomBytes(3 * MiB)
      const key = name()
      const { patient, retries } = await behind({ corrupt: { direction: 'up', at: 2 * MiB } })
      await patient.put(key, body)
      expect(retries).toEqual(['network.interrupted'])
      expect((await all(patient.read(key, { offset: 0 }))).equals(body)).toBe(true)
    })
  })
} else {
  describe.skip(`object store: S3 (OpenStack Swift): ${swift.why}`, () => {
    it('is skipped', () => {})
  })
}
