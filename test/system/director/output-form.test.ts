import { execFileSync } from 'node:child_process'
import { gzipSync, zstdCompressSync } from 'node:zlib'
import { describe, expect, it } from 'vitest'
import { OutputForm } from '../../../electron/engine/system/director/components/output-form.ts'

/** Fed in pieces of `size` bytes. */
async function formOf(bytes: Uint8Array, size = bytes.length || 1): Promise<OutputForm> {
  const form = new OutputForm()
  for (let at = 0; at < bytes.length; at += size) await form.feed(bytes.subarray(at, at + size))
  return form
}

describe('OutputForm', () => {
  it('names a file by how its content begins, however it comes in pieces', async () => {
    const tar = execFileSync('tar', ['-C', import.meta.dirname, '-cf', '-', 'output-form.test.ts'])
    const text = Buffer.from('some words\n'.repeat(2000))
    const cases: [string, Uint8Array][] = [
      ['tar', tar],
      ['tar.gz', gzipSync(tar)],
      ['gz', gzipSync(text)],
      ['zst', zstdCompressSync(text)],
      ['json', Buffer.from('\n {"index":{}}\n')],
      ['zip', Buffer.from('PK\x03\x04 and so on')],
      ['bin', text],
      ['bin', Buffer.from([0x1f])],
      ['gz', Buffer.from([0x1f, 0x8b, 8, 0xff, 0xff])],
    ]
    for (const [extension, bytes] of cases)
      for (const size of [1, 700, 1 << 20])
        expect([extension, size, (await formOf(bytes, size)).extension]).toEqual([extension, size, extension])
  })

  it('has nothing against anything but nothing', async () => {
    expect(await (await formOf(Buffer.from('x'))).finish()).toBe(null)
    expect(await (await formOf(Buffer.alloc(0))).finish()).toBe('printed nothing')
  })
})
