import { execFileSync } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { chmod, chown, mkdir, readdir, rm, writeFile } from 'node:fs/promises'
import path from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { FtpStore } from '../../electron/engine/store/ftp/ftp-store.ts'
import { startVsftpd, vsftpdAvailable, type Vsftpd, type VsftpdOptions } from '../support/servers/vsftpd.ts'
import { collect, namesOf, openFtp, type Opened } from './ftp-support.ts'

const available = await vsftpdAvailable()
type Tls = 'none' | 'explicit' | 'implicit'

describe.skipIf(!available.ok)('FtpStore against vsftpd: trust', () => {
  const servers: Vsftpd[] = []
  afterAll(async () => {
    for (const server of servers) await server.stop()
  })

  async function start(options: VsftpdOptions): Promise<Vsftpd> {
    const server = await startVsftpd(options)
    servers.push(server)
    return server
  }
  async function failure(server: Vsftpd, tls: Tls, over: Opened = {}): Promise<unknown> {
    const store = openFtp(server, tls, over)
    try {
      await store.put('x', Buffer.from('x'))
      return 'no failure'
    } catch (err) {
      return err
    } finally {
      await store.close()
    }
  }

  it('refuses a certificate of an unknown authority, of another host, and one that has ended, and says why', async () => {
    const good = await start({ tls: 'explicit' })
    const { ca: _, ...unknown } = { ...good }
    expect(await failure({ ...unknown, ca: '' }, 'explicit')).toMatchObject({
      code: 'trust.certificate',
      detail: expect.stringMatching(/authority/) as string,
    })
    const other = await start({ tls: 'explicit', certificate: 'other-host' })
    expect(await failure(other, 'explicit')).toMatchObject({
      code: 'trust.certificate',
      detail: expect.stringMatching(/another name/) as string,
    })
    const ended = await start({ tls: 'implicit', certificate: 'expired' })
    expect(await failure(ended, 'implicit')).toMatchObject({
      code: 'trust.certificate',
      detail: expect.stringMatching(/expired/) as string,
    })
    expect(await failure(good, 'explicit', { ca: 'no PEM at all' })).toMatchObject({ code: 'input.invalid' })
    // The password must not have been sent to any of them.
    for (const server of servers) expect(await server.log()).not.toMatch(/FTP command.*PASS/)
  })

  it('accepts a certificate of the authority given for the server, by address and by name', async () => {
    const server = await start({ tls: 'explicit' })
    expect(await failure(server, 'explicit')).toBe('no failure')
    expect(await failure(server, 'explicit', { host: 'localhost' })).toBe('no failure')
    expect(await server.log()).toMatch(/FTP command.*PROT P/)
  })

  it('says that TLS is missing or demanded when the two sides disagree', async () => {
    const plain = await start({ tls: 'none' })
    expect(await failure(plain, 'explicit')).toMatchObject({ code: 'trust.plaintext' })
    expect(await failure(plain, 'implicit')).toMatchObject({ code: 'input.invalid' })
    const safe = await start({ tls: 'explicit' })
    expect(await failure(safe, 'none')).toMatchObject({ code: 'input.invalid' })
  })

  it('says rejected for a wrong password and does not try twice', async () => {
    const server = await start({ tls: 'explicit' })
    expect(await failure(server, 'explicit', { password: 'wrong' })).toMatchObject({ code: 'auth.rejected' })
    expect((await server.log()).match(/FTP command.*PASS/g)).toHaveLength(1)
    expect(await failure(server, 'explicit', { password: 'two\r\nQUIT' })).toMatchObject({
      code: 'input.invalid',
    })
  })

  it('transfers with a server that wants the session again on every data connection, and one that it may lose', async () => {
    const server = await start({ tls: 'explicit', requireReuse: true })
    const store = openFtp(server, 'explicit')
    const body = randomBytes(2_000_000)
    for (let round = 0; round < 8; round += 1) {
      await store.put(`reuse-${round}`, body)
      // Hanging up in the middle loses the tickets that were on their way.
      await collect(store.read(`reuse-${round}`, { offset: 0, length: 10 }))
    }
    const parallel = await Promise.all(
      [0, 1, 2, 3].map(round => collect(store.read(`reuse-${round}`, { offset: 0 }))),
    )
    for (const each of parallel) expect(each.equals(body)).toBe(true)
    await store.close()
  })

  it('speaks TLS 1.2 when it was learned that it must', async () => {
    const server = await start({ tls: 'explicit', requireReuse: true })
    for (const [learned, version] of [
      [{}, 'TLSv1.3'],
      [{ tlsMax: '1.2' }, 'TLSv1.2'],
    ] as const) {
      const store = openFtp(server, 'explicit', { learned })
      expect((await store.probe()).learned).toMatchObject({
        tls: version,
        resume: 'rest',
        renameReplaces: true,
      })
      await store.close()
    }
  })
})

describe.skipIf(!available.ok)('FtpStore against vsftpd: files', () => {
  let server: Vsftpd
  let store: FtpStore
  const stores: FtpStore[] = []
  beforeAll(async () => {
    server = await startVsftpd({ tls: 'none' })
    store = open()
  })
  afterAll(async () => {
    for (const each of stores) await each.close()
    await server?.stop()
  })
  function open(over: Opened = {}): FtpStore {
    const opened = openFtp(server, 'none', over)
    stores.push(opened)
    return opened
  }

  it('makes its folder for a write when the one above is there, and for nothing else', async () => {
    const fresh = open({ path: 'fresh folder' })
    for (const call of [
      () => fresh.stat('x'),
      () => namesOf(fresh.list('')),
      () => fresh.remove('x'),
      () => collect(fresh.read('x', { offset: 0 })),
    ]) {
      await expect(call()).rejects.toMatchObject({ code: 'remote.no-container' })
    }
    await fresh.put('x', Buffer.from('x'))
    expect(await readdir(path.join(server.home, 'fresh folder'))).toEqual(['x'])
    expect(await namesOf(fresh.list(''))).toEqual(['x'])
    const deep = open({ path: 'no/such/parent' })
    await expect(deep.put('x', Buffer.from('x'))).rejects.toMatchObject({ code: 'remote.no-container' })
    const absolute = open({ path: path.join(server.home, 'absolut-ä') })
    await absolute.put('x', Buffer.from('x'))
    expect(await readdir(path.join(server.home, 'absolut-ä'))).toEqual(['x'])
  })

  it('tells what it may not do from what is not there', async () => {
    await store.put('mine.bin', Buffer.from('x'))
    const folder = path.join(server.home, 'backups')
    await writeFile(path.join(folder, 'secret.bin'), 'x', { mode: 0o600 })
    await expect(collect(store.read('secret.bin', { offset: 0 }))).rejects.toMatchObject({
      code: 'auth.denied',
    })
    await expect(collect(store.read('absent.bin', { offset: 0 }))).rejects.toMatchObject({
      code: 'remote.not-found',
    })
    await chown(folder, 0, 0)
    await chmod(folder, 0o755)
    try {
      await expect(store.put('new.bin', Buffer.from('x'))).rejects.toMatchObject({ code: 'auth.denied' })
      await expect(store.upload('new.bin')).rejects.toMatchObject({ code: 'auth.denied' })
      await expect(store.remove('mine.bin')).rejects.toMatchObject({ code: 'auth.denied' })
      const { checks } = await store.probe()
      expect(checks.filter(check => check.level === 'stop' && !check.ok).map(check => check.name)).toEqual([
        'write',
      ])
      const inside = open({ path: 'backups/sub' })
      await expect(inside.put('x', Buffer.from('x'))).rejects.toMatchObject({ code: 'auth.denied' })
    } finally {
      await chown(folder, server.uid, server.gid)
    }
  })

  it('says that the disk is full and leaves nothing behind', async () => {
    const full = path.join(server.home, 'full')
    await mkdir(full)
    execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=2m,mode=0777', 'tmpfs', full])
    try {
      const small = open({ path: 'full' })
      await expect(small.put('x.bin', Buffer.alloc(5_000_000))).rejects.toMatchObject({ code: 'remote.full' })
      expect(await readdir(full)).toEqual([])
      const upload = await small.upload('y.bin')
      const sent = (async () => {
        await upload.write({ index: 0, offset: 0, bytes: Buffer.alloc(30_000_000) })
        await upload.commit({ bytes: 30_000_000, parts: 1 })
      })()
      await expect(sent).rejects.toMatchObject({ code: 'remote.full' })
      await upload.abort()
      expect(await readdir(full)).toEqual([])
    } finally {
      // Lazily: a session that has just been closed may still stand in it.
      execFileSync('umount', ['-l', full])
    }
  })

  it('lists thousands of objects, and none that is not its own', async () => {
    const folder = path.join(server.home, 'many')
    await mkdir(folder)
    const names = Array.from({ length: 5000 }, (_, index) => `many_${String(index).padStart(5, '0')}.bin`)
    for (const name of names) await writeFile(path.join(folder, name), '')
    for (const foreign of ['with space', '.hidden', 'ünïcode', 'a.drydock-partial-0123456789abcdef']) {
      await writeFile(path.join(folder, foreign), 'x')
    }
    await mkdir(path.join(folder, 'folder'))
    const many = open({ path: 'many' })
    expect(await namesOf(many.list(''))).toEqual(names)
    expect(await namesOf(many.list('many_0000'))).toHaveLength(10)
    for await (const _ of many.list('')) break
    expect(await many.stat('many_00000.bin')).toMatchObject({ size: 0 })
    await rm(folder, { recursive: true })
  })

  it('refuses a token that is not its own', async () => {
    for (const token of [
      {},
      { partial: '../x' },
      { partial: 'x.drydock-partial-../../etc/passwd' },
      { partial: 5 },
    ]) {
      await expect(store.upload('x', { resume: token })).rejects.toMatchObject({ code: 'input.invalid' })
    }
    const token = { partial: 'x.drydock-partial-0123456789abcdef' }
    await expect(store.upload('x', { resume: token })).rejects.toMatchObject({ code: 'remote.not-found' })
  })

  it('tells the time at which an object was written, in UTC', async () => {
    const before = Math.floor(Date.now() / 1000) * 1000
    await store.put('now.bin', Buffer.from('x'))
    const modified = (await store.stat('now.bin'))?.modified ?? 0
    expect(modified).toBeGreaterThanOrEqual(before)
    expect(modified).toBeLessThanOrEqual(Date.now())
  })

  it('warns of plain FTP in a probe and learns what the server can', async () => {
    const { checks, learned } = await store.probe()
    expect(checks.find(check => check.name === 'tls')).toMatchObject({ ok: false, level: 'warn' })
    expect(learned).toMatchObject({ resume: 'rest', mlsd: false, renameReplaces: true })
    expect(Math.abs(Number(learned['clockAheadSeconds']))).toBeLessThanOrEqual(5)
    expect((await namesOf(store.list(''))).filter(name => name.includes('probe'))).toEqual([])
  })

  it('runs several uploads and downloads beside each other, more than it has connections', async () => {
    const bodies = Array.from({ length: 12 }, () => randomBytes(400_000))
    await Promise.all(bodies.map((body, index) => store.put(`side-${index}.bin`, body)))
    const back = await Promise.all(
      bodies.map((_, index) => collect(store.read(`side-${index}.bin`, { offset: 0 }))),
    )
    expect(back.every((body, index) => bodies[index]?.equals(body))).toBe(true)
  })
})
