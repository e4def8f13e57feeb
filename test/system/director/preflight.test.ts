import { createServer } from 'node:net'
import type { AddressInfo, Server } from 'node:net'
import { once } from 'node:events'
import { copyFile, mkdir, readFile, truncate, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, it, onTestFinished } from 'vitest'
import { systemClock } from '../../../electron/engine/ports.ts'
import type { Clock } from '../../../electron/engine/ports.ts'
import { openHost } from '../../../electron/engine/system/director/host/open-host.ts'
import { directorPreflight, seenNow } from '../../../electron/engine/system/director/preflight/index.ts'
import { makeDirectorBackup } from '../../support/director/director-backup.ts'
import { standInAvailable } from '../../support/director/stand-in.ts'
import { freePort } from '../../support/free-port.ts'
import { sshdAvailable, startSshd } from '../../support/servers/sshd.ts'
import { suiteNeeds } from '../../support/skip.ts'
import type { Hosts } from './preflight-place.ts'
import { makePlace, otherStamp, startHosts } from './preflight-place.ts'

const sshd = await sshdAvailable()
const root = process.getuid?.() === 0
const needs = !root
  ? { ok: false as const, why: 'users with passwords can be made by root only' }
  : sshd.ok
    ? await standInAvailable()
    : sshd

/** A fake: the machine's clock, off by some time. */
const fakeShiftedClock = (ms: number): Clock => ({ ...systemClock, now: () => Date.now() + ms })

suiteNeeds('the preflight of a Director restore', needs, () => {
  let hosts: Hosts
  beforeAll(async () => {
    hosts = await startHosts()
  })
  afterAll(() => hosts.stop())

  it('warns of nothing but the kind of server when all is good, tells each line, and changes nothing', async () => {
    const { check, standIn, backup } = await makePlace(hosts, { over: 'ssh' })
    const before = await readFile(join(standIn.folder, 'master.yml'), 'utf8')
    const found = await check()
    expect(found.trouble).toEqual([])
    expect(found.verdict).toBe('GO WITH WARNINGS')
    expect(found.line('analytics')).toMatchObject({ state: 'warn', fix: expect.any(String) as string })
    expect(found.confirm).toEqual(['server1'])
    expect(found.hosts).toEqual([{ name: 'server1', ip: '127.0.0.1', erased: true }])
    expect(found.files.map(({ sha256 }) => sha256)).toEqual(backup.files.map(({ sha256 }) => sha256))
    expect(found.told.length).toBe(found.lines.length)
    expect(found.line('last')?.finding).toContain('Not known')
    expect(found.line('content')?.finding).toContain('unpacked to their end')
    expect(await standIn.changes()).toEqual([])
    expect(await readFile(join(standIn.folder, 'master.yml'), 'utf8')).toBe(before)
  })

  it('says the same of a folder on this machine', async () => {
    const { check } = await makePlace(hosts, { over: 'this machine' })
    const found = await check()
    expect(found.trouble).toEqual([])
    expect(found.line('host')?.finding).toBe('This machine answers.')
    expect(found.verdict).toBe('GO WITH WARNINGS')
  })

  it('says GO WITH WARNINGS for the active site, and for names of the latest copies', async () => {
    const { check } = await makePlace(hosts, { site: 'DC', restore: { stamp: 'latest' } })
    const found = await check()
    expect(found.verdict).toBe('GO WITH WARNINGS')
    expect(found.line('site')).toMatchObject({
      state: 'warn',
      fix: expect.stringContaining('erased') as string,
    })
    expect(found.line('restore.yml/names')).toMatchObject({ state: 'warn' })
  })

  it('stops at a refused login, says for whom, and shows no password', async () => {
    const { check } = await makePlace(hosts, {
      over: 'ssh',
      hosts: [
        {
          ...{ ip: hosts.target.host, port: hosts.target.port, user: hosts.target.passwordUser?.name ?? '' },
          password: 'not-the-password',
        },
      ],
    })
    const found = await check()
    expect(found.verdict).toBe('NO-GO')
    expect(found.line('ssh')).toMatchObject({ state: 'pass' })
    expect(found.line('login')).toMatchObject({
      state: 'stop',
      fix: expect.stringContaining('master.yml') as string,
    })
    expect(found.line('clock')).toMatchObject({ state: 'not-tried' })
    expect(JSON.stringify(found)).not.toContain('not-the-password')
  })

  it('logs in with a key file that lies on the deployment host, and stops when it is not there', async () => {
    const { target } = hosts
    const host = { ip: target.host, port: target.port, user: target.user }
    const good = await makePlace(hosts, { over: 'ssh', hosts: [{ ...host, pem: target.privateKeyFile }] })
    expect((await good.check()).trouble).toEqual([])
    const relative = await makePlace(hosts, { hosts: [{ ...host, pem: 'keys/id' }] })
    const found = await relative.check()
    expect(found.line('login')).toMatchObject({
      state: 'stop',
      finding: expect.stringContaining('keys/id') as string,
    })
    await copyFile(target.privateKeyFile, join(relative.standIn.folder, 'id'))
    const beside = await makePlace(hosts, { hosts: [{ ...host, pem: 'id' }] })
    await copyFile(target.privateKeyFile, join(beside.standIn.folder, 'id'))
    expect((await beside.check()).trouble).toEqual([])
    await writeFile(join(beside.standIn.folder, 'id'), 'no key at all')
    expect((await beside.check()).line('login')).toMatchObject({ state: 'stop' })
  })

  it('offers to pin a host key that nobody knows, and stops until then', async () => {
    const { check } = await makePlace(hosts, { pinned: false })
    const found = await check()
    expect(found.verdict).toBe('NO-GO')
    expect(found.line('key')).toMatchObject({
      state: 'stop',
      pin: {
        address: `${hosts.target.host}:${hosts.target.port}`,
        fingerprint: await hosts.target.hostFingerprint(),
      },
    })
    expect(found.line('login')).toMatchObject({ state: 'not-tried' })
  })

  it('takes the pinned key of the deployment host for a host of master.yml that is the same', async () => {
    const { check } = await makePlace({ ...hosts, place: hosts.target }, { pinned: false, over: 'ssh' })
    const key = (await check()).line('key')
    expect([key?.state, key?.finding]).toEqual(['pass', expect.stringContaining('The pinned one')])
  })

  it('stops at a host key that has changed, says which it is now, and never logs in', async () => {
    const target = await startSshd({ passwordUser: true })
    onTestFinished(() => target.stop())
    const { check } = await makePlace({ ...hosts, target })
    await target.restart({ newHostKey: 'ed25519' })
    const found = await check()
    expect(found.line('key')?.finding).toContain('pinned')
    expect([found.line('key')?.state, found.line('key')?.pin]).toEqual(['stop', undefined])
    expect(found.line('key')?.fix).toContain(await target.hostFingerprint())
    expect(found.line('key')?.fix).toMatch(/Only if its administrator says/)
    // The server the files are on is the same machine: its key is pinned too.
    expect(found.line('server')).toMatchObject({ state: 'stop' })
    expect(target.log()).not.toMatch(/Accepted|Failed password/)
  })

  it('stops at a port where nobody answers', async () => {
    const { check } = await makePlace(hosts, {
      hosts: [{ ip: '127.0.0.1', port: await freePort(), user: 'operator', password: 'x' }],
    })
    const found = await check()
    expect(found.line('ssh')).toMatchObject({ state: 'stop' })
    expect(found.line('key')).toMatchObject({ state: 'not-tried' })
  })

  it('warns of clocks that differ by minutes, and stops for signed requests when it is a quarter of an hour', async () => {
    const { check } = await makePlace(hosts, { clock: fakeShiftedClock(5 * 60_000) })
    const found = await check()
    expect(found.line('clock')).toMatchObject({
      state: 'warn',
      finding: expect.stringMatching(/^5 min behind/) as string,
    })
    expect(found.verdict).toBe('GO WITH WARNINGS')
    const far = await makePlace(hosts, { clock: fakeShiftedClock(-3600_000) })
    // The script logs in with a password here: nothing is signed.
    expect((await far.check()).line('clock')).toMatchObject({ state: 'warn' })
    const s3 = {
      type: 's3',
      name: 'cloud',
      bucket: 'director',
      endpoint: 'http://127.0.0.1:9',
      prefix: '',
    } as const
    const { servers } = far.deps
    far.deps.servers = {
      get: async () => ({ ...s3, region: 'us-east-1', learned: {}, added: '2026-11-20T00:00:00Z' }),
      secretsOf: async () => ({ accessKeyId: 'an-id', secretAccessKey: 'invented' }),
      open: async () => await servers.open('nas'),
    }
    expect((await far.check({ server: 'cloud' })).line('clock')).toMatchObject({ state: 'stop' })
  })

  it('stops at a file that was uploaded by half', async () => {
    const { check, backup } = await makePlace(hosts)
    const [mongo] = backup.files
    await truncate(join(backup.folder, mongo?.name ?? ''), 20_000)
    const found = await check()
    expect(found.verdict).toBe('NO-GO')
    expect(found.line('content')).toMatchObject({
      state: 'stop',
      finding: expect.stringContaining('ends in the middle') as string,
    })
  })

  it('warns of a dump that was made on another day than the name of its file says', async () => {
    const { check, backup } = await makePlace(hosts)
    const other = await makeDirectorBackup(join(backup.folder, 'other'), '20261001T070000')
    await writeFile(join(backup.folder, backup.files[1]?.name ?? ''), other.files[1]?.bytes ?? '')
    const found = await check()
    expect(found.verdict).toBe('GO WITH WARNINGS')
    expect(found.line('content')).toMatchObject({
      state: 'warn',
      finding: expect.stringContaining('another run') as string,
    })
  })

  it('stops at a run that lacks a file, and at one that is not there', async () => {
    const { check, backup } = await makePlace(hosts)
    expect((await check({ stamp: '20260101T000000' })).line('files')).toMatchObject({ state: 'stop' })
    await truncate(join(backup.folder, backup.files[2]?.name ?? ''), 0)
    const found = await check()
    expect(found.line('files')).toMatchObject({ state: 'stop' })
    expect(found.line('content')).toMatchObject({ state: 'not-tried' })
  })

  it('stops when restore.yml names another run, and lets edits put it right', async () => {
    const { check, backup } = await makePlace(hosts, { restore: { stamp: otherStamp } })
    const found = await check()
    expect(found.line('restore.yml/names')).toMatchObject({
      state: 'stop',
      finding: expect.stringContaining(otherStamp) as string,
    })
    const names = Object.fromEntries(backup.files.map(({ component, name }) => [component, name]))
    const edited = await check({ edits: { names: names as Record<'mongo', string> } as never })
    expect(edited.trouble).toEqual([])
    expect(edited.diffs.map(({ file, changed }) => [file, changed > 0])).toEqual([['restore.yml', true]])
  })

  it('tells each problem of master.yml with its line, and the edit that mends it', async () => {
    const { check } = await makePlace(hosts, { install: '1' })
    const found = await check()
    const lines = found.lines.filter(({ id }) => id.startsWith('master.yml'))
    expect(lines).toHaveLength(2)
    expect(lines[0]).toMatchObject({
      state: 'stop',
      title: 'master.yml: install_msp',
      edit: { op: 'set', path: ['install_msp'], value: null },
    })
    const edits = lines.flatMap(({ edit }) => edit ?? [])
    expect((await check({ edits: { master: edits } })).trouble).toEqual([])
  })

  it('stops when the type that was chosen is not that of master.yml', async () => {
    const { check } = await makePlace(hosts)
    expect((await check({ mode: 'cluster' })).line('mode')).toMatchObject({ state: 'stop' })
  })

  it('stops while somebody else holds the folder, and not for a lock whose process is gone', async () => {
    const { check, standIn } = await makePlace(hosts)
    const lock = join(standIn.folder, '.drydock-lock')
    const machine = (await readFile('/etc/machine-id', 'utf8').catch(() => '')).trim()
    const boot = (await readFile('/proc/sys/kernel/random/boot_id', 'utf8')).trim()
    const start = (await readFile(`/proc/${process.pid}/stat`, 'utf8')).replace(/.*\) /, '').split(' ')[19]
    const record = {
      who: 'm.keller@laptop-7',
      since: '2026-11-20T08:00:00Z',
      job: 'x',
      pid: process.pid,
      boot,
      machine,
    }
    await writeFile(lock, JSON.stringify({ ...record, start }))
    expect((await check()).line('lock')).toMatchObject({
      state: 'stop',
      finding: 'm.keller@laptop-7 has been at work there since 2026-11-20T08:00:00Z.',
    })
    await writeFile(lock, JSON.stringify({ ...record, start: '1' }))
    expect((await check()).line('lock')).toMatchObject({ state: 'pass' })
    await writeFile(lock, JSON.stringify({ ...record, start: '1', machine: 'another' }))
    expect((await check()).line('lock')).toMatchObject({ state: 'stop' })
    await writeFile(lock, 'not json')
    expect((await check()).line('lock')).toMatchObject({ state: 'stop' })
  })

  it('says where the files will be served and proves that the hosts reach it', async () => {
    const { check } = await makePlace(hosts, { over: 'ssh' })
    const found = await check({ fetch: 'served' })
    expect(found.line('fetch')).toMatchObject({
      state: 'pass',
      finding: expect.stringContaining('is reached from the hosts') as string,
    })
    expect(found.servesAt).toBe('127.0.0.1')
    expect(found.verdict).toBe('GO WITH WARNINGS')
    const nowhere = await check({ fetch: 'served', serveOn: '192.0.2.77' })
    expect(nowhere.line('fetch')).toMatchObject({ state: 'stop' })
  })

  it('says why setup.sh cannot fetch from a server, and that it can be served instead', async () => {
    const { check, deps, backup } = await makePlace(hosts)
    const local = {
      type: 'local',
      name: 'disk',
      path: backup.folder,
      learned: {},
      added: '2026-11-20T00:00:00Z',
    } as const
    deps.servers = {
      ...deps.servers,
      get: async () => local,
      secretsOf: async () => null,
      open: deps.servers.open.bind(deps.servers, 'nas'),
    }
    expect((await check({ server: 'disk' })).line('fetch')).toMatchObject({
      state: 'stop',
      finding: 'setup.sh cannot fetch from disk: it is a disk of this machine.',
    })
    expect((await check({ server: 'disk', fetch: 'served' })).verdict).toBe('GO WITH WARNINGS')
  })

  it('has its verdict within 30 s when five hosts say nothing at all', async () => {
    const silent: Server[] = []
    for (let n = 0; n < 5; n++) {
      const server = createServer(socket => void socket.on('error', () => {}))
      server.listen(0, '127.0.0.1')
      await once(server, 'listening')
      silent.push(server)
    }
    onTestFinished(() => silent.forEach(server => server.close()))
    const { check } = await makePlace(hosts, {
      over: 'ssh',
      hosts: silent.map((server, n) => ({
        ...{ ip: '127.0.0.1', name: `quiet${n}`, user: 'operator', password: 'x' },
        port: (server.address() as AddressInfo).port,
      })),
    })
    const began = performance.now()
    const found = await check()
    expect(performance.now() - began).toBeLessThan(30_000)
    expect(found.verdict).toBe('NO-GO')
    expect(found.lines.filter(({ id, state }) => id.startsWith('ssh:') && state === 'stop')).toHaveLength(5)
  }, 60_000)

  it('stops when the deployment host lets nobody in, and looks at the server all the same', async () => {
    const { check, deps } = await makePlace(hosts, { over: 'ssh' })
    deps.openHost = () => openHost(deps.deployment.place, { password: 'wrong' }, deps.ssh)
    const found = await check()
    expect(found.line('host')).toMatchObject({ state: 'stop' })
    expect(found.line('content')).toMatchObject({ state: 'pass' })
    expect(found.line('master.yml')).toMatchObject({ state: 'not-tried' })
    expect(found.verdict).toBe('NO-GO')
  })

  it('stops at a folder without setup.sh, and at one that is not there', async () => {
    const { check, deps, standIn } = await makePlace(hosts)
    const { place } = deps.deployment
    deps.deployment = { ...deps.deployment, place: { ...place, folder: join(standIn.folder, 'stand-in') } }
    expect((await check()).line('folder')).toMatchObject({ state: 'stop' })
    deps.deployment = { ...deps.deployment, place: { ...place, folder: join(standIn.folder, 'gone') } }
    expect((await check()).line('folder')).toMatchObject({ state: 'stop' })
  })

  it('tells when a host was restored last, and how long that takes', async () => {
    const { check, deps, home } = await makePlace(hosts)
    const folder = join(home, 'earlier')
    await mkdir(folder)
    await writeFile(
      join(folder, 'preflight.json'),
      JSON.stringify({ hosts: [{ name: 'server1', ip: '127.0.0.1', erased: true }] }),
    )
    const run = {
      ...{
        kind: 'director-restore',
        state: 'succeeded',
        options: { deployment: 'site-a', mode: 'standalone' },
      },
      ...{ started: '2026-11-19T08:00:00.000Z', ended: '2026-11-19T08:21:30.000Z', id: 'x' },
    }
    deps.runs = { list: async () => ({ records: [run as never], unreadable: [] }), folderOf: () => folder }
    const found = await check()
    expect(found.line('last')?.finding).toMatch(/^2026-11-19 08:21 UTC, .* ago; it succeeded\.$/)
    expect(found.line('time')?.finding).toBe('About 21 min 30 s, as the last one.')
  })

  it('is seen as it was until a file, the folder or the script changes', async () => {
    const { check, deps, request, standIn, backup } = await makePlace(hosts)
    const { seen } = await check()
    expect(await seenNow(deps, request())).toBe(seen)
    const master = await readFile(join(standIn.folder, 'master.yml'), 'utf8')
    await writeFile(join(standIn.folder, 'master.yml'), `${master}# more\n`)
    expect(await seenNow(deps, request())).not.toBe(seen)
    await writeFile(join(standIn.folder, 'master.yml'), master)
    const script = await readFile(join(standIn.folder, 'setup.sh'), 'utf8')
    await writeFile(join(standIn.folder, 'setup.sh'), `${script}\n`)
    expect(await seenNow(deps, request())).not.toBe(seen)
    await writeFile(join(standIn.folder, 'setup.sh'), script)
    expect(await seenNow(deps, request())).toBe(seen)
    await truncate(join(backup.folder, backup.files[0]?.name ?? ''), 10)
    expect(await seenNow(deps, request())).not.toBe(seen)
  })

  it('ends at once when it is cancelled', async () => {
    const { deps, request } = await makePlace(hosts)
    const stop = new AbortController()
    const told = () => stop.abort(new Error('enough'))
    await expect(directorPreflight(deps, request(), { signal: stop.signal, told })).rejects.toThrow('enough')
  })
})
