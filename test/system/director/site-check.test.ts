import { chmod, mkdtemp, readFile, readdir, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from 'vitest'
import { programsOf } from '../../../electron/engine/system/director/site/programs.ts'
import type { DirectorLine } from '../../../shared/contract/director.ts'
import type { SiteCheck } from '../../../shared/contract/site.ts'
import type { Deployment } from '../../../shared/director.ts'
import { defaultCommands } from '../../../shared/director-commands.ts'
import type { StandInHost } from '../../support/director/yaml-files.ts'
import { makeStandIn, standInAvailable } from '../../support/director/stand-in.ts'
import type { StandIn, StandInOptions } from '../../support/director/stand-in.ts'
import { freePort } from '../../support/free-port.ts'
import { sshdAvailable, startSshd } from '../../support/servers/sshd.ts'
import type { Sshd } from '../../support/servers/sshd.ts'
import { suiteNeeds } from '../../support/skip.ts'
import type { TestService } from '../../service/support.ts'
import { openTestService } from '../../service/support.ts'

const sshd = await sshdAvailable()
const patience = { silence: 60, longest: 120 }
const otherKey = `SHA256:${'A'.repeat(43)}`
const loginPassword = 'invented-and-never-shown'

suiteNeeds('the check of a Director', sshd.ok ? await standInAvailable() : sshd, () => {
  let host: Sshd
  let tools: string
  let path: string
  beforeAll(async () => {
    tools = await mkdtemp(join(tmpdir(), 'drydock-tools-'))
    path = `${tools}:${process.env['PATH'] ?? ''}`
    // Stand-ins: one tells its version as the real one does, the others are only there.
    await program(
      'mongodump',
      '[ "$*" = --version ] && echo "mongodump version: 100.9.4" && exit\ntouch "$0.ran"',
    )
    await program('pg_dump', 'echo "pg_dump (PostgreSQL) 16.2"')
    await program('ansible-playbook', 'exit 1')
    host = await startSshd({
      directives: ['MaxStartups 50', `SetEnv PATH=${path}`],
    })
  })
  afterAll(async () => {
    await host?.stop()
    await rm(tools, { recursive: true, force: true })
  })

  const program = async (name: string, text: string) => {
    await writeFile(join(tools, name), `#!/bin/sh\n${text}\n`)
    await chmod(join(tools, name), 0o755)
  }
  const own = (): StandInHost => ({
    ...{ ip: '127.0.0.1', port: host.port, name: 'director-dc', user: host.user, pem: host.privateKeyFile },
  })

  type Checked = SiteCheck & { line: (id: string) => DirectorLine | undefined; bad: string[] }
  type Site = {
    standIn: StandIn
    test: TestService
    check: () => Promise<Checked>
    record: Omit<Deployment, 'added'>
  }

  /** The deployment `dc`, whose Director is the host unless `hosts` say otherwise. @param options.over how it is reached */
  async function site(
    options: StandInOptions & { deployment?: Partial<Deployment>; over?: 'local' | 'ssh' } = {},
  ): Promise<Site> {
    const { deployment = {}, over = 'local', ...rest } = options
    const test = await openTestService({ env: { DRYDOCK_VAULT: 'memory', PATH: path } })
    const standIn = await makeStandIn({ site: 'DC', hosts: [own()], ...rest })
    onTestFinished(() => standIn.remove())
    const hostKey = await host.hostFingerprint()
    const { port, user } = host
    const { folder } = standIn
    const place =
      over === 'local'
        ? { kind: 'local' as const, folder }
        : { kind: 'ssh' as const, host: '127.0.0.1', port, user, folder, hostKey }
    const record = { name: 'dc', place, hostKeys: { [`127.0.0.1:${port}`]: hostKey }, ...deployment }
    const secrets = over === 'ssh' ? { privateKey: host.privateKey } : null
    await test.call('director.save', { record, secrets, replaces: null })
    const check = async (): Promise<Checked> => {
      const found = await test.call('site.check', { deployment: 'dc' })
      return {
        ...found,
        line: id => found.lines.find(line => line.id === id || line.id.startsWith(`${id}:127`)),
        bad: found.lines.flatMap(({ id, state }) =>
          state === 'pass' ? [] : [`${state} ${id.split(':127')[0]}`],
        ),
      }
    }
    return { standIn, test, check, record }
  }
  const commandsOf = (folder: string) => {
    const tar = { command: `tar -C ${folder} -czf - .`, ...patience }
    return { elk: tar, 'certificate-service': tar, 'ec-provision': { ...tar, command: `${folder}/dump.sh` } }
  }

  it('says what it is, what it runs on and that all of it can be copied, changes nothing, and keeps that', async () => {
    await writeFile(join(host.files, 'dump.sh'), `#!/bin/sh\ntouch ${host.files}/dumped\n`)
    await chmod(join(host.files, 'dump.sh'), 0o755)
    const analytics = { command: 'mongodump --archive | gzip', ...patience }
    const { standIn, test, check } = await site({
      over: 'ssh',
      // What only a restore wants is nothing against a Director that works.
      install: '1',
      deployment: { commands: commandsOf(host.files), analytics },
    })
    const before = await readFile(join(standIn.folder, 'master.yml'), 'utf8')
    const found = await check()
    expect(found.bad).toEqual([])
    expect(found).toMatchObject({ verdict: 'good', site: 'DC', mode: 'standalone' })
    expect(found.hosts).toMatchObject([
      { name: 'director-dc', answers: true, enabled: true, components: ['Master', 'elk'] },
    ])
    const [seen] = found.hosts
    const system = /^PRETTY_NAME="?([^"\n]*)/m.exec(await readFile('/etc/os-release', 'utf8'))?.[1]
    expect(seen?.version).toBe(system)
    expect(found.line('version')?.finding).toMatch(/; Python 3\.\d+/)
    expect(seen?.free).toBeGreaterThan(0)
    expect(
      found.components.map(({ component, set, present, version }) => [component, set, present, version]),
    ).toEqual([
      ['mongo', true, true, 'mongodump 100.9.4'],
      ['postgres', true, true, 'pg_dump 16.2'],
      ['elk', true, true, expect.stringMatching(/^tar \d/)],
      ['certificate-service', true, true, expect.stringMatching(/^tar \d/)],
      ['ec-provision', true, true, null],
      ['analytics', true, true, 'mongodump 100.9.4'],
    ])
    const told = test.events.flatMap(({ name, payload }) => (name === 'site.checked' ? [payload] : []))
    expect(told).toHaveLength(found.lines.length)

    expect(await standIn.changes()).toEqual([])
    expect(await standIn.calls()).toEqual([])
    expect(await readFile(join(standIn.folder, 'master.yml'), 'utf8')).toBe(before)
    expect(await readdir(host.files)).not.toContain('dumped')
    expect(await readdir(tools)).not.toContain('mongodump.ran')

    const again = await openTestService({ root: test.root })
    const { sites } = await again.call('site.list')
    expect(sites).toMatchObject([
      { deployment: 'dc', site: 'DC', check: { at: found.at, lines: found.lines } },
    ])
  })

  it('is limited where no command is set, and fails where its program is missing', async () => {
    const { check, test, record } = await site()
    const unset = await check()
    expect(unset.bad).toEqual([
      'warn command:elk',
      'warn command:certificate-service',
      'warn command:ec-provision',
    ])
    expect(unset.verdict).toBe('limited')
    // No plan needs it: that nothing is set was no check, and did not pass.
    expect(unset.line('command:analytics')).toBeUndefined()
    expect(unset.line('command:elk')?.fix).toContain('FOLDER-TO-BE-SET')
    expect(unset.components[2]).toEqual({ component: 'elk', set: false, present: null, version: null })

    const commands = {
      ...commandsOf('/srv'),
      mongo: { command: 'no-such-dump | gzip', ...patience },
      elk: { command: 'PATH=/opt/x:$PATH no-such-dump', ...patience },
      'certificate-service': { command: 'tar -C /FOLDER-TO-BE-SET -czf - .', ...patience },
    }
    await test.call('director.save', { record: { ...record, commands }, secrets: null, replaces: 'dc' })
    // What was said of other commands counts no more.
    expect((await test.call('site.list')).sites).toMatchObject([{ check: null }])
    const missing = await check()
    expect(missing.bad).toEqual([
      'stop command:mongo',
      'stop command:certificate-service',
      'stop command:ec-provision',
    ])
    expect(missing.verdict).toBe('failed')
    expect(missing.line('command:mongo')?.finding).toMatch(/^no-such-dump is not on director-dc/)
    expect(missing.components.map(({ present }) => present)).toEqual([false, true, null, true, false, null])
  })

  it('looks at every host in one go, and says of each why it cannot be had', async () => {
    const hosts = [
      own(),
      { ...own(), name: 'silent', port: await freePort() },
      { ...own(), name: 'refuses', ip: 'localhost', pem: '/nowhere/key' },
    ]
    const key = await host.hostFingerprint()
    const { check } = await site({
      ...{ over: 'ssh', mode: 'cluster', hosts },
      deployment: { hostKeys: { [`127.0.0.1:${host.port}`]: key, [`localhost:${host.port}`]: key } },
    })
    const found = await check()
    const [, silent, refuses] = hosts
    const lineOf = (kind: string, of?: StandInHost) =>
      found.lines.find(({ id }) => id === `${kind}:${of?.ip}:${of?.port}`)
    expect(found).toMatchObject({ verdict: 'failed', mode: 'cluster' })
    expect(found.hosts.map(({ name, answers }) => [name, answers])).toEqual([
      ['director-dc', true],
      ['silent', false],
      ['refuses', false],
    ])
    expect(lineOf('ssh', silent)).toMatchObject({
      state: 'stop',
      fix: expect.stringContaining('firewall') as string,
    })
    expect(lineOf('login', refuses)).toMatchObject({
      state: 'stop',
      finding: expect.stringContaining('/nowhere/key') as string,
    })
    // The components are copied from the first of them.
    expect(found.line('command:mongo')).toMatchObject({ state: 'pass' })
  })

  it('offers to pin an unknown host key, and never one that has changed', async () => {
    const { check, test, record } = await site({
      // Not the deployment host: its key is known by itself.
      hosts: [{ ...own(), ip: 'localhost', password: loginPassword }],
    })
    const unknown = await check()
    const pin = { address: `localhost:${host.port}`, fingerprint: await host.hostFingerprint() }
    const line = unknown.lines.find(({ id }) => id === `key:localhost:${host.port}`)
    expect(line).toMatchObject({ state: 'stop', pin })
    expect(unknown.components[0]).toMatchObject({ set: true, present: null })
    expect(JSON.stringify(unknown)).not.toContain(loginPassword)

    const hostKeys = { [pin.address]: otherKey }
    await test.call('director.save', { record: { ...record, hostKeys }, secrets: null, replaces: 'dc' })
    const changed = await check()
    const seen = changed.lines.find(({ id }) => id === `key:localhost:${host.port}`)
    expect(seen).toMatchObject({ state: 'stop', finding: expect.stringContaining('pinned') as string })
    expect(seen?.pin).toBeUndefined()
    expect(seen?.fix).toContain(`--trust ${pin.address}=${pin.fingerprint}`)
    const kept = await readFile(join(test.home, 'director-checks.json'), 'utf8')
    expect(kept).not.toContain(loginPassword)
  })

  it('says what is wrong with a master.yml that is broken, gone, or has no host, and of a folder that is gone', async () => {
    const { check, standIn, test, record } = await site()
    const master = join(standIn.folder, 'master.yml')
    const text = await readFile(master, 'utf8')
    await writeFile(master, 'servers: [')
    const broken = await check()
    expect(broken).toMatchObject({ verdict: 'failed', site: null, mode: null, hosts: [] })
    expect(broken.line('master.yml')).toMatchObject({ state: 'stop', fix: expect.any(String) as string })
    expect(broken.line('command:mongo')).toMatchObject({ state: 'not-tried' })

    await writeFile(master, text.replace('enabled: true', 'enabled: false').replace('"DC"', '"XX"'))
    const none = await check()
    expect(none.line('hosts')).toMatchObject({ state: 'stop', finding: 'None is enabled.' })
    expect(none.line('site')).toMatchObject({ state: 'warn' })
    const place = { ...record.place, folder: '/nowhere/at/all' }
    await test.call('director.save', { record: { ...record, place }, secrets: null, replaces: 'dc' })
    expect((await check()).line('folder')).toMatchObject({ state: 'stop' })
  })

  it('keeps no finding when it is cancelled, and does not fail for a damaged note of another', async () => {
    const { test, check } = await site()
    const book = join(test.home, 'director-checks.json')
    await writeFile(book, JSON.stringify({ dc: { of: 'x', check: { at: 'never' } }, other: 7 }))
    expect((await test.call('site.list')).sites).toMatchObject([{ check: null }])
    const stop = new AbortController()
    test.service.subscribe(name => {
      if (name === 'site.checked') stop.abort()
    })
    const answer = await test.service.call('site.check', { deployment: 'dc' }, stop.signal)
    expect(answer).toMatchObject({ ok: false, failure: { code: 'cancelled' } })
    expect((await test.call('site.list')).sites).toMatchObject([{ check: null }])
    await check()
    expect(Object.keys(JSON.parse(await readFile(book, 'utf8')) as object)).toEqual(['dc'])
  })

  it('stands on the Overview with the system it is, and cannot be forgotten while it is one', async () => {
    const { check, test, record } = await site({ hosts: [{ ...own(), port: await freePort() }] })
    const system = {
      name: 'Head office',
      kind: 'director' as const,
      dataLossTarget: null,
      recoveryTarget: null,
    }
    expect(
      await test.fails('system.save', { record: { ...system, deployment: 'nowhere' }, replaces: null }),
    ).toMatchObject({ code: 'input.invalid', subject: 'deployment' })
    expect(
      await test.fails('system.save', {
        record: { ...system, kind: 'folder', deployment: 'dc' },
        replaces: null,
      }),
    ).toMatchObject({ code: 'input.invalid', subject: 'deployment' })
    await test.call('system.save', { record: { ...system, deployment: 'dc' }, replaces: null })
    const [before] = (await test.call('overview.get')).systems
    expect(before).toMatchObject({ about: 'Director · dc', deployment: 'dc', check: null })
    const found = await check()
    await test.sees('overview.changed')
    const [row] = (await test.call('overview.get')).systems
    expect(row).toMatchObject({
      about: 'Director · dc (DC)',
      readiness: 'cannot-recover',
      check: { at: found.at, verdict: 'failed', finding: expect.stringContaining('ssh answers') as string },
    })
    expect((await test.call('site.list')).sites).toMatchObject([{ systems: ['Head office'], plans: [] }])
    for (const [method, input] of [
      ['director.remove', { name: 'dc' }],
      ['director.save', { record: { ...record, name: 'dr' }, secrets: null, replaces: 'dc' }],
    ] as const)
      expect(await test.fails(method, input)).toMatchObject({
        code: 'run.conflict',
        detail: expect.stringContaining('Head office') as string,
      })
    await test.call('system.remove', { name: 'Head office' })
    await test.call('director.remove', { name: 'dc' })
    expect((await test.call('site.list')).sites).toEqual([])
  })
})

describe('programsOf', () => {
  it.each([
    [defaultCommands.postgres.command ?? '', ['mktemp', 'pg_dump', 'tar'], true],
    ['kubectl exec m -- mongodump --archive | gzip >/dev/null 2>&1', ['kubectl', 'gzip'], true],
    ['a=1 b="$(date +%F)" "/opt/my dir/run" x # tar', ['date', '/opt/my dir/run'], true],
    ['if command -v zstd; then zstd; else gzip; fi', ['zstd', 'gzip'], false],
    ['mongodump || old-dump', ['mongodump', 'old-dump'], false],
    ['export PATH=/opt/x:"$PATH"\nmongodump', ['mongodump'], false],
    ['sudo -u mongo mongodump', ['sudo'], false],
    ['cd /x && ./dump', ['./dump'], false],
    ['$TOOL --all', [], false],
    ['cat <<E\nmongodump\nE', ['cat'], false],
    ['f() { tar; }; mongodump', ['f'], false],
    [`${'$('.repeat(20_000)}x`, [], false],
    ['"', [], true],
  ])('reads of %j what has to be there', (command, names, sure) => {
    expect(programsOf(command)).toEqual({ names, sure })
  })
})
