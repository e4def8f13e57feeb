import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { randomBytes } from 'node:crypto'
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest'
import { FtpStore } from '../../electron/engine/store/ftp/ftp-store.ts'
import type { FtpServer } from '../../electron/engine/store/server-record.ts'
import { makeCertificate } from '../support/servers/test-certificate.ts'
import { FakeFtpServer, type FakeOptions } from './ftp-fake-server.ts'
import { collect, namesOf } from './ftp-support.ts'

describe('FtpStore and servers with ways of their own (a fake)', () => {
  let folder: string
  let certificate: { cert: string; key: string; ca: string }
  const stops: (() => Promise<void>)[] = []

  beforeAll(async () => {
    folder = await mkdtemp(path.join(tmpdir(), 'drydock-ftp-fake-'))
    const made = await makeCertificate(folder, 'good')
    certificate = {
      ca: made.ca,
      cert: await readFile(made.certificateFile, 'utf8'),
      key: await readFile(made.keyFile, 'utf8'),
    }
  })
  afterAll(() => rm(folder, { recursive: true, force: true }))
  afterEach(async () => {
    for (const stop of stops.splice(0).reverse()) await stop()
  })

  async function open(options: FakeOptions, over: Partial<Omit<FtpServer, 'type'>> = {}) {
    const server = await FakeFtpServer.start(options)
    stops.push(() => server.stop())
    const warnings: string[] = []
    const record: FtpServer = {
      type: 'ftp',
      name: 'fake',
      added: '2026-01-01T00:00:00Z',
      learned: {},
      host: '127.0.0.1',
      port: server.port,
      user: 'someone',
      path: '.',
      tls: options.certificate ? 'explicit' : 'none',
      ...(options.certificate ? { ca: certificate.ca } : {}),
      ...over,
    }
    const log = (_level: string, message: string) => void warnings.push(message)
    const store = new FtpStore(record, { password: 'secret' }, { env: {}, log })
    stops.push(() => store.close())
    return { server, store, warnings }
  }

  it('asks what lies in the vendor’s folder where folders that do not exist are entered too', async () => {
    const { store, server } = await open({})
    expect(await store.vendorFolder()).toBeNull()
    server.files.set('index.latest', Buffer.from('x'))
    expect(await store.vendorFolder()).toBe('dcrepository')
    expect(server.commands.filter(line => /^(STOR|APPE|MKD|DELE|RNFR)/.test(line))).toEqual([])
  })

  it('never goes on in plain text when AUTH TLS or PROT P is refused', async () => {
    for (const answers of [
      { AUTH: '530 Please login with USER and PASS.' },
      { AUTH: '500 unknown' },
      { AUTH: '431 no' },
    ]) {
      const { store, server } = await open({ answers }, { tls: 'explicit' })
      await expect(store.stat('x')).rejects.toMatchObject({ code: 'trust.plaintext' })
      expect(server.commands.filter(each => /^(USER|PASS)/.test(each))).toEqual([])
    }
    const { store, server } = await open({ certificate, answers: { PROT: '536 no' } })
    await expect(store.put('x', Buffer.from('secret'))).rejects.toMatchObject({ code: 'trust.plaintext' })
    expect(server.commands.filter(each => each.startsWith('STOR'))).toEqual([])
  })

  it('falls back to TLS 1.2 when data connections fail under TLS 1.3, in every kind of call', async () => {
    const calls: ((store: FtpStore) => Promise<unknown>)[] = [
      store => namesOf(store.list('')),
      async store => expect(String(await collect(store.read('there', { offset: 0 })))).toBe('content'),
      store => store.put('small', Buffer.from('x')),
      async store => {
        const upload = await store.upload('large')
        await upload.write({ index: 0, offset: 0, bytes: randomBytes(3_000_000) })
        await upload.write({ index: 1, offset: 3_000_000, bytes: randomBytes(3_000_000) })
        await upload.commit({ bytes: 6_000_000, parts: 2 })
        expect(await store.stat('large')).toMatchObject({ size: 6_000_000 })
      },
    ]
    for (const call of calls) {
      const { store, server, warnings } = await open({ certificate, refusesTls13Data: true })
      server.files.set('there', Buffer.from('content'))
      await call(store)
      expect(warnings).toHaveLength(1)
      expect(server.commands.filter(each => each === 'PASS')).toHaveLength(2)
    }
  })

  it('learns tlsMax in a probe and needs no second try afterwards', async () => {
    const { store, server } = await open({ certificate, refusesTls13Data: true })
    const { learned } = await store.probe()
    expect(learned['tlsMax']).toBe('1.2')
    const logins = server.commands.filter(each => each === 'PASS').length
    expect(logins).toBeGreaterThan(1)
    const second = await open({ certificate, refusesTls13Data: true }, { learned })
    await second.store.put('x', Buffer.from('x'))
    expect(second.warnings).toEqual([])
  })

  it('continues with APPE where a restarted STOR is refused, also at a boundary below what is there', async () => {
    const { store, server } = await open({ noRestartedStor: true })
    const body = randomBytes(3_000_000)
    const first = await store.upload('appended')
    await first.write({ index: 0, offset: 0, bytes: body.subarray(0, 2_500_000) })
    await first.detach()
    const second = await store.upload('appended', { resume: first.token })
    expect(second.confirmed.bytes).toBe(2_500_000)
    await second.rewind({ bytes: 2_000_000, parts: 1 })
    await second.write({ index: 1, offset: 2_000_000, bytes: body.subarray(2_000_000) })
    await second.commit({ bytes: 3_000_000, parts: 2 })
    expect(server.files.get('appended')?.equals(body)).toBe(true)
    expect([...server.files.keys()]).toEqual(['appended'])
  })

  it('starts over on a server that can do neither, and the probe says so', async () => {
    const { store, server } = await open({ noRestartedStor: true, answers: { APPE: '502 no' } })
    const { learned } = await store.probe()
    expect(learned['resume']).toBe('none')
    expect([...server.files.keys()]).toEqual([])
    const first = await store.upload('whole')
    await first.write({ index: 0, offset: 0, bytes: Buffer.from('0123456789') })
    await first.detach()
    const second = await store.upload('whole', { resume: first.token })
    expect(second.confirmed.bytes).toBe(0)
    await second.rewind({ bytes: 0, parts: 0 })
    await second.write({ index: 0, offset: 0, bytes: Buffer.from('abc') })
    await second.commit({ bytes: 3, parts: 1 })
    expect(String(server.files.get('whole'))).toBe('abc')
  })

  it('cuts off what was left from before a rewind when the new end lies before the old one', async () => {
    const { store, server } = await open({})
    const first = await store.upload('shorter')
    await first.write({ index: 0, offset: 0, bytes: Buffer.from('0123456789') })
    await first.detach()
    const second = await store.upload('shorter', { resume: first.token })
    await second.rewind({ bytes: 4, parts: 1 })
    await second.write({ index: 1, offset: 4, bytes: Buffer.from('ab') })
    await second.commit({ bytes: 6, parts: 2 })
    expect(String(server.files.get('shorter'))).toBe('0123ab')
    expect([...server.files.keys()]).toEqual(['shorter'])
  })

  it('commits when the connection broke after the rename, before its answer', async () => {
    let drop = true
    const { store, server } = await open({ answers: { RNTO: () => (drop ? 'drop' : undefined) } })
    const upload = await store.upload('renamed')
    await upload.write({ index: 0, offset: 0, bytes: Buffer.from('content') })
    await expect(upload.commit({ bytes: 7, parts: 1 })).rejects.toMatchObject({ code: 'network.interrupted' })
    drop = false
    await upload.commit({ bytes: 7, parts: 1 })
    expect(String(server.files.get('renamed'))).toBe('content')
  })

  it('replaces an object where a rename does not', async () => {
    const files = (): Map<string, Buffer> => opened.server.files
    const opened: Awaited<ReturnType<typeof open>> = await open({
      answers: { RNTO: to => (files().has(to) ? '553 it exists' : undefined) },
    })
    await opened.store.put('twice', Buffer.from('one'))
    await opened.store.put('twice', Buffer.from('two'))
    expect(String(files().get('twice'))).toBe('two')
    expect(files().size).toBe(1)
  })

  it('lists by MLSD where it is offered and leaves out what is none of ours', async () => {
    const listing = [
      'type=cdir;modify=20260101000000; .',
      'type=pdir;modify=20260101000000; ..',
      'type=file;size=5;modify=20260102030405; good.bin',
      'type=dir;modify=20260102030405; folder',
      'type=OS.unix=slink:/etc/passwd;size=5; link',
      'type=file;size=5; ../evil',
      'type=file;size=5; a/b',
      'type=file;size=5; .hidden',
      'type=file;size=-5; negative',
      'type=file;size=99999999999999999999; huge',
      'type=file;size=5; good.bin.drydock-partial-0123456789abcdef',
      'type=file;size=7; last.bin',
    ]
    const { store, server } = await open({
      features: ['MLST type*;size*;modify*;'],
      listing: listing.join('\r\n'),
    })
    const found = []
    for await (const entry of store.list('')) found.push(entry)
    expect(found).toEqual([
      { name: 'good.bin', size: 5, modified: Date.UTC(2026, 0, 2, 3, 4, 5) },
      { name: 'last.bin', size: 7, modified: null },
    ])
    expect(server.commands).toContain('MLSD')
  })

  it('finds nothing in an empty folder, however the server says so', async () => {
    for (const options of [
      { features: ['MLST'], listing: 'type=cdir; .\r\ntype=pdir; ..\r\n' },
      { listing: 'total 0\r\n' },
      { listing: '' },
      { answers: { LIST: '550 No files found.' } },
    ]) {
      const { store } = await open(options)
      expect(await namesOf(store.list(''))).toEqual([])
    }
  })

  it('bounds lines and replies, and refuses a listing it cannot read', async () => {
    for (const options of [
      { listing: Buffer.alloc(1_000_000, 'x') },
      { listing: '<html>\r\n<body>\r\nhello\r\n</body>\r\n' },
      { answers: { FEAT: `211-${'x'.repeat(70_000)}` } },
      { answers: { EPSV: '229 somewhere' } },
    ]) {
      const { store } = await open(options)
      await expect(namesOf(store.list(''))).rejects.toMatchObject({ code: 'remote.wrong-answer' })
    }
  })

  it('makes do with the connections that the server allows', async () => {
    const { store, server } = await open({ mostConnections: 2 })
    server.files.set('a', Buffer.alloc(1000))
    const bodies = await Promise.all(Array.from({ length: 6 }, () => collect(store.read('a', { offset: 0 }))))
    expect(bodies.map(body => body.length)).toEqual(Array.from({ length: 6 }, () => 1000))
  })

  it('says throttled when the server takes no connection at all', async () => {
    const { store } = await open({ mostConnections: 0 })
    await expect(store.stat('a')).rejects.toMatchObject({ code: 'network.throttled' })
  })

  it('maps what servers refuse with', async () => {
    const cases: [FakeOptions['answers'], string][] = [
      [{ STOR: '452 Insufficient storage space' }, 'remote.full'],
      [{ STOR: '552 Exceeded storage allocation' }, 'remote.full'],
      [{ STOR: '553 Could not create file.' }, 'auth.denied'],
      [{ STOR: '550 Permission denied.' }, 'auth.denied'],
      [{ STOR: '421 Timeout.' }, 'network.interrupted'],
      [{ PASS: '530 Login incorrect.' }, 'auth.rejected'],
      [{ PASS: '530 Non-anonymous sessions must use encryption.' }, 'input.invalid'],
      [{ TYPE: '500 what?' }, 'remote.unsupported'],
    ]
    for (const [answers = {}, code] of cases) {
      const { store } = await open({ answers })
      await expect(store.put('x', Buffer.from('x')), JSON.stringify(answers)).rejects.toMatchObject({ code })
    }
  })

  it('looks into the listing where SIZE is not known', async () => {
    const { store, server } = await open({ answers: { SIZE: '500 what?' } })
    server.files.set('there.bin', Buffer.alloc(1234))
    expect(await store.stat('there.bin')).toMatchObject({ size: 1234 })
    expect(await store.stat('absent.bin')).toBeNull()
    await store.put('new.bin', Buffer.alloc(77))
    expect(server.files.get('new.bin')?.length).toBe(77)
  })

  it('shows no password in an error, and sends no line end in one', async () => {
    const { store } = await open({ answers: { PASS: '530 no' } })
    const failure: unknown = await store.stat('x').catch((err: unknown) => err)
    expect(JSON.stringify(failure, Object.getOwnPropertyNames(failure))).not.toContain('secret')
  })
})
