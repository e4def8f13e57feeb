import { randomBytes } from 'node:crypto'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { MiB } from '../../shared/units.ts'
import { all } from '../conformance/object-store.ts'
import { AzureFixture } from '../support/azure-fixture.ts'

let azure: AzureFixture
beforeAll(async () => {
  azure = await AzureFixture.start()
})
afterAll(() => azure.stop())

describe('AzureStore upload', () => {
  it('forgets what a rewind gave up, also for the next process', async () => {
    const container = await azure.container()
    const store = azure.open(container)
    const first = await store.upload('a.bin')
    for (const index of [0, 1, 2, 3])
      await first.write({ index, offset: index * 10, bytes: Buffer.alloc(10, 'o') })
    const second = await azure.open(container).upload('a.bin', { resume: first.token })
    expect(second.confirmed).toEqual({ bytes: 40, parts: 4 })
    await second.rewind({ bytes: 10, parts: 1 })
    await second.write({ index: 1, offset: 10, bytes: Buffer.alloc(7, 'n') })
    const third = await azure.open(container).upload('a.bin', { resume: first.token })
    expect(third.confirmed).toEqual({ bytes: 17, parts: 2 })
    await third.rewind({ bytes: 17, parts: 2 })
    await third.commit({ bytes: 17, parts: 2 })
    expect(String(await all(store.read('a.bin', { offset: 0 })))).toBe('oooooooooonnnnnnn')
  })

  it('confirms only parts without a gap before them', async () => {
    const container = await azure.container()
    const first = await azure.open(container).upload('a.bin')
    for (const index of [0, 1, 3]) await first.write({ index, offset: index * 10, bytes: Buffer.alloc(10) })
    const second = await azure.open(container).upload('a.bin', { resume: first.token })
    expect(second.confirmed).toEqual({ bytes: 20, parts: 2 })
  })

  it('takes nothing of another upload for the same name', async () => {
    const container = await azure.container()
    const store = azure.open(container)
    const one = await store.upload('a.bin')
    const other = await store.upload('a.bin')
    await one.write({ index: 0, offset: 0, bytes: Buffer.from('one') })
    await other.write({ index: 0, offset: 0, bytes: Buffer.from('two!') })
    const again = await store.upload('a.bin', { resume: one.token })
    expect(again.confirmed).toEqual({ bytes: 3, parts: 1 })
    await other.commit({ bytes: 4, parts: 1 })
    await expect(again.commit({ bytes: 3, parts: 1 })).rejects.toMatchObject({
      code: expect.stringMatching(/^(remote\.exists|data\.missing)$/),
    })
    expect(String(await all(store.read('a.bin', { offset: 0 })))).toBe('two!')
  })

  it('commits again, also in a new process, after the answer was lost', async () => {
    const container = await azure.container()
    const store = azure.open(container)
    const first = await store.upload('a.bin')
    await first.write({ index: 0, offset: 0, bytes: Buffer.from('whole') })
    await first.commit({ bytes: 5, parts: 1 })
    await first.commit({ bytes: 5, parts: 1 })
    const again = await azure.open(container).upload('a.bin', { resume: first.token })
    expect(again.confirmed).toEqual({ bytes: 5, parts: 1 })
    await again.rewind({ bytes: 5, parts: 1 })
    await again.commit({ bytes: 5, parts: 1 })
    expect(String(await all(store.read('a.bin', { offset: 0 })))).toBe('whole')
  })

  it('takes back a commit that was cancelled before its answer came', async () => {
    const container = await azure.container()
    const store = azure.open(container)
    const first = await store.upload('a.bin')
    await first.write({ index: 0, offset: 0, bytes: Buffer.from('whole') })
    await first.commit({ bytes: 5, parts: 1 })
    // Another object for the same upload has not heard of that commit: as after a lost answer.
    const unaware = await store.upload('a.bin', { resume: first.token })
    await unaware.abort()
    expect(await store.stat('a.bin')).toBeNull()
  })

  it('leaves no blocks on the server after an abort', async () => {
    const container = await azure.container()
    const upload = await azure.open(container).upload('a.bin')
    await upload.write({ index: 0, offset: 0, bytes: randomBytes(1 * MiB) })
    await upload.abort()
    const left: string[] = []
    const client = azure.server.service.getContainerClient(container)
    for await (const blob of client.listBlobsFlat({ includeUncommitedBlobs: true })) left.push(blob.name)
    expect(left).toEqual([])
  })

  it('ends a write at once when the gate throws', async () => {
    const upload = await azure.open(await azure.container()).upload('a.bin')
    let passed = 0
    const gate = () => {
      if (++passed === 3) throw new Error('the operator pulled the brake')
    }
    await expect(
      upload.write({ index: 0, offset: 0, bytes: Buffer.alloc(8 * MiB) }, { gate }),
    ).rejects.toThrow()
    expect(passed).toBe(3)
  })
})
