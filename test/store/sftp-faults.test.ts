import { createHash, randomBytes } from 'node:crypto'
import { chmod, chown, mkdir, readFile, readdir, stat, symlink, truncate, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import type { HostKeyQuestion } from '../../electron/engine/store/server-record.ts'
import { MiB } from '../../shared/units.ts'
import { all } from '../conformance/object-store.ts'
import { openSftp, testHome } from '../support/servers/sftp-place.ts'
import { sshdAvailable, startSshd } from '../support/servers/sshd.ts'
import type { BulkUse } from '../../electron/engine/store/sftp/bulk-lane.ts'
import type { Sshd } from '../support/servers/sshd.ts'
import { run } from '../support/servers/sshd-user.ts'

const available = await sshdAvailable()
const root = process.getuid?.() === 0
const suite = describe.skipIf(!available.ok)
const why = available.ok ? '' : ` (skipped: ${available.why})`
const sha = (bytes: Uint8Array) => createHash('sha256').update(bytes).digest('hex')

for (const bulk of ['never', 'always'] as const) {
  // Below, the store of most tests takes this way for file contents.
  brokenConnections(bulk)
  whatStandsThere(bulk)
}

function brokenConnections(bulk: BulkUse): void {
  suite(`sftp: when the connection breaks, OpenSSH for contents ${bulk}${why}`, () => {
    let sshd: Sshd
    beforeAll(async () => {
      sshd = await startSshd()
    })
    afterAll(() => sshd?.stop())

    it('ends a read with network.interrupted, and the same store reads again', async () => {
      const store = await openSftp(sshd, sshd.files, { bulk })
      const body = randomBytes(24 * MiB)
      await writeFile(join(sshd.files, 'cut.bin'), body)
      let seen = 0
      const reading = (async () => {
        for await (const piece of store.read('cut.bin', { offset: 0 })) {
          if (seen === 0) await sshd.dropConnections()
          seen += piece.length
        }
      })()
      await expect(reading).rejects.toMatchObject({ code: 'network.interrupted' })
      expect(seen).toBeLessThan(body.length)
      // The store may learn only from its next call that the other connection has died as well.
      const again = () => all(store.read('cut.bin', { offset: 0 }))
      expect(sha(await again().catch(again))).toBe(sha(body))
      await store.close()
    })

    it('ends all parts under way, takes them again in any order, and has no hole in between', async () => {
      const store = await openSftp(sshd, sshd.files, { bulk })
      const parts = [randomBytes(8 * MiB), randomBytes(8 * MiB), randomBytes(5)]
      const upload = await store.upload('parts.bin')
      let moved = 0
      const cutter = async (bytes: number) => {
        moved += bytes
        if (moved > 6 * MiB && moved - bytes <= 6 * MiB) await sshd.dropConnections()
      }
      const send = (index: number) =>
        upload.write({ index, offset: index * 8 * MiB, bytes: parts[index]! }, { gate: cutter })
      const both = await Promise.allSettled([send(0), send(1)])
      expect(both.map(one => one.status === 'rejected' && (one.reason as { code: string }).code)).toEqual([
        'network.interrupted',
        'network.interrupted',
      ])
      // With two connections, the one that carries no parts may not know yet that it is cut.
      await store.stat('parts.bin').catch(() => {})
      // The second first: it must not leave a hole where the first belongs.
      await expect(send(1)).rejects.toMatchObject({ code: 'network.interrupted' })
      expect((await partial(sshd.files, 'parts.bin')).size).toBeLessThanOrEqual(8 * MiB)
      await Promise.all([send(0), send(1)])
      await send(2)
      const whole = Buffer.concat(parts)
      await upload.commit({ bytes: whole.length, parts: 3 })
      expect(sha(await readFile(join(sshd.files, 'parts.bin')))).toBe(sha(whole))
      await store.close()
    })

    it('commits again after the answer of the first commit was lost', async () => {
      const store = await openSftp(sshd, sshd.files, { bulk })
      const upload = await store.upload('answered.bin')
      await upload.write({ index: 0, offset: 0, bytes: Buffer.from('whole') })
      await upload.commit({ bytes: 5, parts: 1 })
      await sshd.dropConnections()
      // The first call may be the one that finds out that the connection is gone.
      await upload.commit({ bytes: 5, parts: 1 }).catch(() => upload.commit({ bytes: 5, parts: 1 }))
      await expect(upload.commit({ bytes: 6, parts: 1 })).rejects.toMatchObject({ code: 'remote.not-found' })
      await store.close()
    })

    it('refuses to commit a file that is shorter on the server than it was sent', async () => {
      const store = await openSftp(sshd, sshd.files, { bulk })
      const upload = await store.upload('shrunk.bin')
      await upload.write({ index: 0, offset: 0, bytes: randomBytes(1000) })
      await truncate(join(sshd.files, (await partial(sshd.files, 'shrunk.bin')).name), 900)
      await expect(upload.commit({ bytes: 1000, parts: 1 })).rejects.toMatchObject({
        code: 'remote.wrong-answer',
      })
      expect(await store.stat('shrunk.bin')).toBeNull()
      await upload.abort()
      await store.close()
    })

    it('says network.unreachable while the server is down, and goes on when it is up again', async () => {
      const store = await openSftp(sshd, sshd.files, { bulk })
      await store.put('steady.bin', Buffer.from('x'))
      await sshd.down()
      await expect(store.stat('steady.bin')).rejects.toMatchObject({
        code: expect.stringMatching(/^network\.(unreachable|interrupted)$/) as string,
      })
      await expect(store.stat('steady.bin')).rejects.toMatchObject({ code: 'network.unreachable' })
      await sshd.restart()
      expect(await store.stat('steady.bin')).toMatchObject({ size: 1 })
      await store.close()
    })

    it('stops hard when the server comes back with another key', async () => {
      const store = await openSftp(sshd, sshd.files, { bulk })
      await store.put('steady.bin', Buffer.from('x'))
      await sshd.restart({ newHostKey: 'ed25519' })
      // This call may be the one that finds out that the connection is gone.
      await store.stat('steady.bin').catch(() => null)
      await expect(store.stat('steady.bin')).rejects.toMatchObject({ code: 'trust.host-key-changed' })
      await store.close()
    })

    it('asks about an unknown key once, remembers the answer over a reconnect and tells it', async () => {
      const home = await testHome()
      const questions: HostKeyQuestion[] = []
      const confirmHostKey = async (question: HostKeyQuestion) => questions.push(question) > 0
      const record = { hostKey: undefined }
      const store = await openSftp(sshd, sshd.files, {
        record: record,
        context: { env: home.env, confirmHostKey },
      })
      await store.put('asked.bin', Buffer.from('x'))
      await sshd.dropConnections()
      await store.stat('asked.bin').catch(() => null)
      expect(await store.stat('asked.bin')).toMatchObject({ size: 1 })
      expect(questions).toHaveLength(1)
      expect(store.acceptedHostKey).toBe(await sshd.hostFingerprint())
      await store.close()
      await home.remove()
    })
  })
}

function whatStandsThere(bulk: BulkUse): void {
  suite(`sftp: what stands at the server, OpenSSH for contents ${bulk}${why}`, () => {
    let sshd: Sshd
    let place: string
    beforeAll(async () => {
      sshd = await startSshd()
    })
    afterAll(() => sshd?.stop())
    beforeEach(async () => {
      place = join(sshd.files, randomBytes(4).toString('hex'))
    })

    it('makes the folder when only it is missing, and says remote.no-container when more is', async () => {
      const store = await openSftp(sshd, place, { bulk })
      for await (const { name } of store.list('')) expect.unreachable(name)
      expect((await stat(place)).isDirectory()).toBe(true)
      await store.close()
      const deeper = await openSftp(sshd, join(place, 'no', 'such'), { bulk })
      await expect(deeper.stat('a')).rejects.toMatchObject({ code: 'remote.no-container' })
      await deeper.close()
      await writeFile(join(place, 'file'), '')
      const file = await openSftp(sshd, join(place, 'file'), { bulk })
      await expect(file.put('a', Buffer.from('x'))).rejects.toMatchObject({ code: 'remote.no-container' })
      await file.close()
    })

    it('lists only files that can be ours, of any number', async () => {
      await mkdir(join(place, 'folder'), { recursive: true })
      await symlink('/etc/passwd', join(place, 'link'))
      for (const name of ['with space', '.hidden', `a${'.drydock-partial-'}0123456789abcdef`])
        await writeFile(join(place, name), '')
      for (let i = 0; i < 1500; i += 1) await writeFile(join(place, `n${i}`), '')
      const store = await openSftp(sshd, place, { bulk })
      const names = new Set<string>()
      for await (const { name } of store.list('')) names.add(name)
      expect(names.size).toBe(1500)
      const few: string[] = []
      for await (const { name } of store.list('n149')) few.push(name)
      expect(few.sort()).toEqual(['n149', ...Array.from({ length: 10 }, (_, i) => `n149${i}`)])
      await store.close()
    })

    it('works with a server that has none of the extensions, and the probe says so', async () => {
      const bare = await startSshd({
        subsystem: 'internal-sftp -P limits,fsync,posix-rename,statvfs,fstatvfs,hardlink',
      })
      const store = await openSftp(bare, bare.files, { bulk })
      const body = randomBytes(3 * MiB + 1)
      await store.put('bare.bin', Buffer.from('old'))
      await store.put('bare.bin', body)
      expect(sha(await all(store.read('bare.bin', { offset: 0 })))).toBe(sha(body))
      await expect(store.put('bare.bin', body, { ifAbsent: true })).rejects.toMatchObject({
        code: 'remote.exists',
      })
      const { checks, learned } = await store.probe()
      expect(learned).toMatchObject({ fsync: false, replace: false, resume: true })
      expect(checks.find(check => check.name === 'fsync')).toMatchObject({ ok: false, level: 'warn' })
      expect((await readdir(bare.files)).sort()).toEqual(['bare.bin'])
      await store.close()
      await bare.stop()
    })

    it('tells in its probe whose key it saw, the free space, the clock, the limits, and leaves nothing', async () => {
      const store = await openSftp(sshd, place, { bulk })
      const { checks, learned } = await store.probe()
      expect(checks.map(check => check.name).sort()).toEqual(
        [
          'clock',
          'free space',
          'fsync',
          'host key',
          'packet size',
          'rename',
          'replace',
          'resume',
          'write',
        ].sort(),
      )
      expect(checks.every(check => check.ok)).toBe(true)
      expect(learned).toMatchObject({ fsync: true, replace: true, resume: true, requestBytes: 261_120 })
      expect(learned['hostKey']).toBe(await sshd.hostFingerprint())
      expect(Math.abs(Number(learned['clockDifferenceSeconds']))).toBeLessThan(60)
      expect(Number(learned['freeBytes'])).toBeGreaterThan(0)
      expect(await readdir(place)).toEqual([])
      await store.close()
    })

    it.each([
      'Ciphers aes128-gcm@openssh.com',
      'Ciphers aes256-gcm@openssh.com',
      'Ciphers chacha20-poly1305@openssh.com',
      'Ciphers aes128-ctr\nMACs hmac-sha2-256-etm@openssh.com',
      'Ciphers aes256-ctr\nMACs hmac-sha2-512',
      // New keys every few MiB: what is known about the old ones must not be used any more.
      'RekeyLimit 2M',
    ])('carries every byte both ways with %j', async directive => {
      const server = await startSshd({ directives: [directive] })
      const store = await openSftp(server, server.files, { bulk })
      const body = randomBytes(9 * MiB + 123)
      await store.put('bytes.bin', body)
      expect(sha(await readFile(join(server.files, 'bytes.bin')))).toBe(sha(body))
      for (let i = 0; i < 2; i += 1)
        expect(sha(await all(store.read('bytes.bin', { offset: 0 })))).toBe(sha(body))
      await store.close()
      await server.stop()
    })

    it('says auth.denied on a server that takes no writes, and the probe says stop', async () => {
      const readOnly = await startSshd({ subsystem: 'internal-sftp -R' })
      const store = await openSftp(readOnly, readOnly.files, { bulk })
      await expect(store.put('a', Buffer.from('x'))).rejects.toMatchObject({ code: 'auth.denied' })
      await expect(store.upload('a')).rejects.toMatchObject({ code: 'auth.denied' })
      const { checks } = await store.probe()
      expect(checks.find(check => check.name === 'write')).toMatchObject({ ok: false, level: 'stop' })
      await store.close()
      await readOnly.stop()
    })

    it.skipIf(!root)('says auth.denied in a folder of somebody else', async () => {
      const shared = await startSshd({ passwordUser: true })
      const { name, password, uid, gid, home } = shared.passwordUser as NonNullable<Sshd['passwordUser']>
      const options = { record: { user: name }, secrets: { password } }
      await chmod(shared.files, 0o755)
      const denied = await openSftp(shared, shared.files, options)
      await expect(denied.put('a', Buffer.from('x'))).rejects.toMatchObject({ code: 'auth.denied' })
      await writeFile(join(shared.files, 'theirs'), 'x', { mode: 0o600 })
      await expect(all(denied.read('theirs', { offset: 0 }))).rejects.toMatchObject({ code: 'auth.denied' })
      await denied.close()
      // A relative path begins in the login's own folder.
      await chown(home, uid, gid)
      const own = await openSftp(shared, 'backups', options)
      await own.put('a', Buffer.from('x'))
      expect(await readdir(join(home, 'backups'))).toEqual(['a'])
      await own.close()
      await shared.stop()
    })

    it.skipIf(!root)('says remote.full when the disk there is, and leaves nothing of a put', async () => {
      await mkdir(place)
      await run('mount', ['-t', 'tmpfs', '-o', 'size=6m', 'none', place])
      try {
        const store = await openSftp(sshd, place, { bulk })
        await expect(store.put('big.bin', Buffer.alloc(10 * MiB))).rejects.toMatchObject({
          code: 'remote.full',
        })
        expect(await readdir(place)).toEqual([])
        const upload = await store.upload('parts.bin')
        await upload.write({ index: 0, offset: 0, bytes: Buffer.alloc(4 * MiB, 1) })
        await expect(
          upload.write({ index: 1, offset: 4 * MiB, bytes: Buffer.alloc(4 * MiB, 2) }),
        ).rejects.toMatchObject({ code: 'remote.full' })
        const token = upload.token
        await upload.detach()
        // What failed is cut off again: a later process must not take it for sent.
        const again = await store.upload('parts.bin', { resume: token })
        expect(again.confirmed.bytes).toBe(4 * MiB)
        await again.abort()
        await store.close()
      } finally {
        await run('umount', [place])
      }
    })
  })
}

async function partial(folder: string, name: string): Promise<{ name: string; size: number }> {
  const found = (await readdir(folder)).find(entry => entry.startsWith(`${name}.drydock-partial-`))
  if (!found) throw new Error('no partial upload there')
  return { name: found, size: (await stat(join(folder, found))).size }
}
