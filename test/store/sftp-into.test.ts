import { randomBytes } from 'node:crypto'
import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { pieceBytes } from '../../electron/engine/store/object-store.ts'
import type { SftpStore } from '../../electron/engine/store/sftp/sftp-store.ts'
import { MiB } from '../../shared/units.ts'
import { all } from '../conformance/object-store.ts'
import { openSftp } from '../support/servers/sftp-place.ts'
import { sshdAvailable, startSshd } from '../support/servers/sshd.ts'
import type { Sshd } from '../support/servers/sshd.ts'

const available = await sshdAvailable()
const why = available.ok ? '' : ` (skipped: ${available.why})`

describe.skipIf(!available.ok).each([
  ['ssh2', 'never'],
  ['OpenSSH', 'always'],
] as const)(`sftp: reading into the caller's memory over %s${why}`, (_, bulk) => {
  let sshd: Sshd
  let store: SftpStore
  const body = randomBytes(12 * MiB + 5)
  beforeAll(async () => {
    sshd = await startSshd()
    await writeFile(join(sshd.files, 'body.bin'), body)
    store = await openSftp(sshd, sshd.files, { bulk })
  })
  afterAll(async () => {
    await store?.close()
    await sshd?.stop()
  })

  it('hands out pieces of that memory, filled from its start on', async () => {
    const memory = Buffer.alloc(9 * MiB, 0xee)
    const into = memory.subarray(100, 100 + 8 * MiB)
    let at = 0
    for await (const piece of store.read('body.bin', { offset: 77, length: 7 * MiB }, { into })) {
      expect(piece.buffer).toBe(memory.buffer)
      expect(piece.byteOffset).toBe(into.byteOffset + at)
      expect(piece.length).toBeLessThanOrEqual(pieceBytes)
      at += piece.length
    }
    expect(at).toBe(7 * MiB)
    expect(into.subarray(0, at).equals(body.subarray(77, 77 + at))).toBe(true)
    expect(memory.subarray(0, 100).every(byte => byte === 0xee)).toBe(true)
    expect(memory.subarray(100 + at).every(byte => byte === 0xee)).toBe(true)
  })

  it('refuses a range that does not fit', async () => {
    const into = Buffer.alloc(MiB)
    await expect(all(store.read('body.bin', { offset: 0 }, { into }))).rejects.toMatchObject({
      code: 'remote.wrong-answer',
    })
  })

  it.each(['cancelled', 'left'] as const)(
    'writes nothing there any more once the reading is %s',
    async how => {
      const stop = new AbortController()
      const into = Buffer.alloc(8 * MiB)
      const transfer = { into, signal: stop.signal }
      const pieces = store
        .read('body.bin', { offset: 0, length: into.length }, transfer)
        [Symbol.asyncIterator]()
      await pieces.next()
      await pieces.next()
      if (how === 'cancelled') {
        stop.abort()
        await expect(pieces.next()).rejects.toMatchObject({ code: 'cancelled' })
      } else await pieces.return?.(undefined)
      into.fill(0xee)
      // Its answers come behind those that are still under way.
      expect((await all(store.read('body.bin', { offset: 0 }))).equals(body)).toBe(true)
      expect(into.every(byte => byte === 0xee)).toBe(true)
    },
  )
})
