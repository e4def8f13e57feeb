import { randomBytes } from 'node:crypto'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { noLog } from '../../electron/engine/ports.ts'
import { AzureStore } from '../../electron/engine/store/azure/azure-store.ts'
import { limiting } from '../../electron/engine/store/limiting.ts'
import { Meter, metering } from '../../electron/engine/store/metering.ts'
import { RateLimiter } from '../../electron/engine/store/rate-limiter.ts'
import { retrying } from '../../electron/engine/store/retrying.ts'
import type { AzureSecrets, AzureServer } from '../../electron/engine/store/server-record.ts'
import { MiB } from '../../shared/units.ts'
import { all, objectStoreConformance } from '../conformance/object-store.ts'
import { AzureFixture, names, shown } from '../support/azure-fixture.ts'

let azure: AzureFixture
beforeAll(async () => {
  azure = await AzureFixture.start()
})
afterAll(() => azure.stop())

objectStoreConformance('azure (Azurite)', async () => {
  const container = await azure.container()
  return { store: azure.open(container), reopen: async () => azure.open(container), cleanup: async () => {} }
})

objectStoreConformance(
  'azure (Azurite) below a prefix, with SAS, retrying, limited and metered',
  async () => {
    const container = await azure.container()
    const token = azure.sas(container, 'rwdl')
    const wrap = () => {
      const bare = azure.open(container, { prefix: '/backups/nas/' }, { sas: token })
      return retrying(limiting(metering(bare, new Meter()), new RateLimiter(2_000 * MiB)))
    }
    return { store: wrap(), reopen: async () => wrap(), cleanup: async () => {} }
  },
)

describe('AzureStore credentials', () => {
  it('opens with a connection string, and with a SAS token that begins with a question mark', async () => {
    const container = await azure.container()
    const connectionString = `DefaultEndpointsProtocol=http;AccountName=${azure.server.account};AccountKey=${azure.server.key};BlobEndpoint=${azure.server.endpoint};`
    const record = { name: 'blob', type: 'azure' as const, added: '', learned: {}, prefix: '', container }
    const byString = new AzureStore(record, { connectionString }, { env: {}, log: noLog })
    await byString.put('a.bin', Buffer.from('x'))
    expect(await names(azure.open(container, {}, { sas: `?${azure.sas(container, 'rl')}` }))).toEqual([
      'a.bin',
    ])
  })

  it('says auth.rejected for a wrong key, without showing it', async () => {
    const container = await azure.container()
    const accountKey = randomBytes(64).toString('base64')
    const seen = await shown(names(azure.open(container, {}, { accountKey })))
    expect(seen.code).toBe('auth.rejected')
    expect(seen.text).not.toContain(accountKey)
  })

  it('says auth.denied for a SAS token that may not write, and shows nothing of it', async () => {
    const container = await azure.container()
    const token = azure.sas(container, 'rl')
    const store = azure.open(container, {}, { sas: token })
    const signature = new URLSearchParams(token).get('sig') ?? ''
    expect(await names(store)).toEqual([])
    const upload = await store.upload('b.bin')
    for (const work of [
      () => store.put('a.bin', Buffer.from('x')),
      () => upload.write({ index: 0, offset: 0, bytes: Buffer.alloc(1 * MiB) }, { gate: () => {} }),
      () => store.remove('a.bin'),
    ]) {
      const seen = await shown(work())
      expect(seen.code).toBe('auth.denied')
      expect(seen.text).not.toContain(signature)
      expect(seen.text).not.toContain(encodeURIComponent(signature))
    }
    expect(store.about).not.toContain('sig')
    const report = await store.probe()
    expect(report.checks.find(c => c.name === 'write')).toMatchObject({ ok: false, level: 'stop' })
  })

  it('says when a SAS token has expired', async () => {
    const container = await azure.container()
    const seen = await shown(
      names(azure.open(container, {}, { sas: azure.sas(container, 'rl', { expiresInMs: -3_600_000 }) })),
    )
    expect(seen.code).toBe('auth.rejected')
    expect(seen.detail).toContain('the SAS token expired on 2')
  })

  it('says remote.no-container for a container that is missing, whatever is asked', async () => {
    const store = azure.open('missing-container')
    const upload = await store.upload('a.bin')
    for (const work of [
      () => names(store),
      () => store.put('a.bin', Buffer.from('x')),
      () => all(store.read('a.bin', { offset: 0 })),
      () => store.remove('a.bin'),
      () => store.probe(),
      () => upload.write({ index: 0, offset: 0, bytes: Buffer.from('x') }),
      () => store.stat('a.bin'),
    ]) {
      expect((await shown(work())).code).toBe('remote.no-container')
    }
  })

  it.each<[string, Partial<AzureServer>, AzureSecrets, string]>([
    ['a key that is no base64', {}, { accountKey: 'not a key!' }, 'no base64'],
    ['a SAS token without signature', {}, { sas: 'sv=2024-01-01&sp=r' }, 'no signature'],
    [
      'a connection string without key',
      {},
      { connectionString: 'AccountName=abc' },
      'neither key nor signature',
    ],
    ['a connection string that is none', {}, { connectionString: 'hello' }, 'Name=Value'],
    [
      'an endpoint that holds a token',
      { endpoint: 'https://abc.blob.core.windows.net/?sig=x' },
      { sas: 'sig=x' },
      'secrets',
    ],
  ])('refuses %s', (_what, record, secrets, words) => {
    expect(() => azure.open('container', record, secrets)).toThrow(words)
  })

  it('says auth for a SAS token of a single blob, which cannot list', async () => {
    const container = await azure.container()
    await azure.open(container).put('a.bin', Buffer.from('x'))
    const sas = azure.sas(container, 'r', { blobName: 'a.bin' })
    expect((await shown(names(azure.open(container, {}, { sas })))).code).toMatch(/^auth\./)
  })
})

describe('AzureStore listing', () => {
  it('leaves out what lies deeper, bears a foreign name, or is beside the prefix', async () => {
    const container = await azure.container()
    const client = azure.server.service.getContainerClient(container)
    for (const name of ['p/a.bin', 'p/deep/b.bin', 'p/.hidden', 'p/ä', 'p2/c.bin', 'top.bin']) {
      await client.getBlockBlobClient(name).upload('x', 1)
    }
    expect(await names(azure.open(container, { prefix: 'p' }))).toEqual(['a.bin'])
    expect(await names(azure.open(container))).toEqual(['top.bin'])
  })

  it('goes over pages', async () => {
    const container = await azure.container()
    const client = azure.server.service.getContainerClient(container)
    const wanted = Array.from({ length: 5_100 }, (_, i) => `n${String(i).padStart(5, '0')}`)
    const queue = wanted.values()
    const worker = async () => {
      for (const name of queue) await client.getBlockBlobClient(name).upload('', 0)
    }
    await Promise.all(Array.from({ length: 16 }, worker))
    expect(await names(azure.open(container))).toEqual(wanted)
  })
})
