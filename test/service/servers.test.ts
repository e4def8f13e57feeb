import { mkdir, readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { describe, expect, it, onTestFinished } from 'vitest'
import { canary, filesHolding, holdsSecret } from '../support/canary.ts'
import { Drydock } from '../cli/support/drydock.ts'
import { startAzurite } from '../support/servers/azurite.ts'
import { openTestService } from './support.ts'

const s3 = {
  type: 's3',
  name: 'cloud',
  bucket: 'backups',
  endpoint: 'http://127.0.0.1:9',
  region: 'us-east-1',
  prefix: '',
}

describe('server.save', () => {
  it('names the field that is wrong, and saves nothing', async () => {
    const test = await openTestService()
    const local = { type: 'local', name: 'disk', path: '/tmp' }
    const wrong: [string, Record<string, unknown>, Record<string, string> | null][] = [
      ['endpoint', { ...s3, endpoint: 'nope' }, null],
      ['bucket', { ...s3, bucket: undefined }, null],
      ['name', { ...s3, name: 'a b' }, null],
      ['type', { name: 'x' }, null],
      ['type', { name: 'x', type: 'floppy' }, null],
      ['path', { ...local, path: 'relative' }, null],
      ['jump.host', { type: 'sftp', name: 'x', host: 'a', user: 'u', jump: { user: 'j', host: '-o' } }, null],
      ['port', { type: 'ftp', name: 'x', host: 'a', user: 'u', port: 70_000 }, null],
      ['ca', { ...s3, ca: 'no certificate' }, null],
      ['secrets.secretAccessKey', s3, { accessKeyId: 'a' }],
      ['secrets.password', s3, { password: 'a' }],
      ['secrets', { type: 'azure', name: 'x', container: 'abc' }, { sas: 'a', accountKey: 'b' }],
    ]
    for (const [subject, record, secrets] of wrong)
      for (const call of ['server.save', 'server.try'])
        expect(
          await test.fails(call, { record, secrets, replaces: null }),
          `${call} ${subject}`,
        ).toMatchObject({
          code: 'input.invalid',
          subject,
        })
    expect(await test.call('server.list')).toEqual({ servers: [], unreadable: [] })
  })

  it('takes secrets out of the vault when it is told to, and keeps them otherwise', async () => {
    const test = await openTestService()
    const secrets = { accessKeyId: 'key', secretAccessKey: canary('forgotten') }
    await test.call('server.save', { record: s3, secrets, replaces: null })
    const save = (record: Record<string, unknown>) => ({ record, secrets: null, replaces: 'cloud' })
    const [profile, keys] = [save({ ...s3, profile: 'ops' }), save(s3)]
    await test.call('server.save', profile)
    expect((await test.call('server.save', keys)).hasSecrets).toBe(true)
    await test.call('server.save', { ...profile, forgetSecrets: true })
    expect((await test.call('server.save', keys)).hasSecrets).toBe(false)
    const site = { record: { ...s3, site: 'off-site' }, secrets: null, replaces: 'cloud' }
    expect((await test.call('server.save', site)).record.site).toBe('off-site')
    expect((await test.call('server.save', { ...site, record: s3 })).record).not.toHaveProperty('site')
  })

  it('answers junk in place of a record with input.invalid', async () => {
    const test = await openTestService()
    for (const record of [
      {},
      { type: {} },
      { type: 'local', name: 'a', path: 'x'.repeat(100_000) },
      JSON.parse('{"__proto__":{"type":"local"},"name":"x"}') as Record<string, unknown>,
      { type: 's3', name: ['a'], bucket: null, learned: 'x', added: 5 },
    ])
      expect((await test.fails('server.save', { record, secrets: null, replaces: null })).code).toBe(
        'input.invalid',
      )
  })

  it('keeps what Drydock learned, and forgets it when the place is another', async () => {
    const test = await openTestService()
    const record = { type: 'local', name: 'disk', path: join(test.root, 'disk') }
    const saved = await test.call('server.save', { record, secrets: null, replaces: null })
    await test.call('server.test', { name: 'disk' })
    const forged = { ...record, site: 'off-site', learned: { x: 1 }, added: '1970', mediumId: 'x' }
    const again = await test.call('server.save', { record: forged, secrets: null, replaces: 'disk' })
    expect(again.record).toMatchObject({
      site: 'off-site',
      added: saved.record.added,
      mediumId: (saved.record as { mediumId: string }).mediumId,
      learned: { fileSystem: expect.any(String) },
    })
    expect(again.lastTest).toMatchObject({ failure: null })
    const moved = { ...record, path: join(test.root, 'other') }
    const there = await test.call('server.save', { record: moved, secrets: null, replaces: 'disk' })
    expect(there).toMatchObject({ lastTest: null, record: { learned: {}, added: saved.record.added } })
    expect(there.record).not.toMatchObject({ mediumId: (saved.record as { mediumId: string }).mediumId })
  })

  it('keeps what was seen when the same settings were tried out', async () => {
    const test = await openTestService()
    const record = { type: 'local', name: 'disk', path: join(test.root, 'disk') }
    const seen = await test.call('server.try', { record, secrets: null, replaces: null })
    expect(seen).toMatchObject({ failure: null })
    const saved = await test.call('server.save', { record, secrets: null, replaces: null })
    expect(saved.lastTest).toEqual(seen)
    expect(saved.record.learned).toMatchObject({ fileSystem: expect.any(String) })
  })

  it('renames a server with its secrets and its place, but not over another one', async () => {
    const test = await openTestService()
    const secrets = { accessKeyId: 'WXYZ12345678', secretAccessKey: 'secret-of-the-cloud' }
    await test.call('server.save', { record: s3, secrets, replaces: null })
    await test.call('server.save', { record: { ...s3, name: 'b' }, secrets: null, replaces: null })
    expect(
      await test.fails('server.save', { record: { ...s3, name: 'b' }, secrets: null, replaces: 'cloud' }),
    ).toMatchObject({
      subject: 'name',
    })
    await test.call('server.save', { record: { ...s3, name: 'c' }, secrets: null, replaces: 'cloud' })
    const { servers } = await test.call('server.list')
    expect(servers.map(({ record, hasSecrets, keyHint }) => [record.name, hasSecrets, keyHint])).toEqual([
      ['c', true, '5678'],
      ['b', false, null],
    ])
  })

  it('refuses to remove or rename a server on which a plan stores', async () => {
    const test = await openTestService()
    const record = { type: 'local', name: 'disk', path: join(test.root, 'disk') }
    await test.call('server.save', { record, secrets: null, replaces: null })
    await test.call('system.save', {
      record: { name: 'Docs', kind: 'folder', dataLossTarget: null, recoveryTarget: null },
      replaces: null,
    })
    await test.call('plan.save', { settings: plan, replaces: null, passphrase: null })
    expect((await test.call('server.list')).servers[0]?.plans).toEqual(['docs'])
    expect(await test.fails('server.remove', { name: 'disk' })).toMatchObject({ code: 'run.conflict' })
    expect(
      await test.fails('server.save', { record: { ...record, name: 'x' }, secrets: null, replaces: 'disk' }),
    ).toMatchObject({ code: 'run.conflict', subject: 'name' })
    await test.call('plan.remove', { name: 'docs' })
    await test.call('server.remove', { name: 'disk' })
    expect((await test.call('server.list')).servers).toEqual([])
  })
})

describe('server.test', () => {
  it('tells a wrong password as auth.rejected in the result, and keeps the result', async () => {
    const server = await startAzurite()
    onTestFinished(() => server.stop())
    await server.container('backups')
    const test = await openTestService()
    const { account, endpoint } = server
    const record = { type: 'azure', name: 'box', account, endpoint, container: 'backups', prefix: '' }
    const wrong = { accountKey: Buffer.alloc(64, 'another key').toString('base64') }
    const tried = await test.call('server.try', { record, secrets: wrong, replaces: null })
    expect(tried).toMatchObject({ failure: { code: 'auth.rejected' } })
    await test.call('server.save', { record, secrets: wrong, replaces: null })
    expect(await test.call('server.test', { name: 'box' })).toMatchObject({
      failure: { code: 'auth.rejected' },
    })
    expect((await test.call('server.list')).servers[0]?.lastTest?.failure?.code).toBe('auth.rejected')
    const right = { accountKey: server.key }
    await test.call('server.save', { record, secrets: right, replaces: 'box' })
    expect(await test.call('server.test', { name: 'box' })).toMatchObject({ failure: null })
  })

  it('is cancelled with the call, and leaves no result', async () => {
    const test = await openTestService()
    await test.call('server.save', {
      record: { type: 'sftp', name: 'far', host: '127.0.0.1', port: 9, user: 'u' },
      secrets: null,
      replaces: null,
    })
    const answer = await test.service.call('server.test', { name: 'far' }, AbortSignal.abort())
    expect(answer).toMatchObject({ ok: false, failure: { code: 'cancelled' } })
    expect((await test.call('server.list')).servers[0]?.lastTest).toBeNull()
  })
})

describe('secrets', () => {
  it('are found in no file, answer or event after they were typed', async () => {
    const test = await openTestService({
      env: { DRYDOCK_VAULT: 'passphrase' },
    })
    const secrets = [canary('vault'), canary('key'), canary('ftp'), canary('plan'), canary('point')]
    const [vault = '', key = '', ftp = '', ofPlan = '', ofPoint = ''] = secrets
    const said: unknown[] = []
    const ask = async (name: string, input: unknown) =>
      said.push(await test.service.call(name, input, new AbortController().signal))
    await ask('vault.unlock', { passphrase: vault, create: true })
    await ask('vault.unlock', { passphrase: `${vault} wrong` })
    await ask('server.save', {
      record: s3,
      secrets: { accessKeyId: 'WXYZ12345678', secretAccessKey: key },
      replaces: null,
    })
    await ask('server.save', { record: s3, secrets: { accessKeyId: key, wrong: key }, replaces: 'cloud' })
    await ask('server.save', {
      record: { ...s3, bucket: 'a b' },
      secrets: { secretAccessKey: key },
      replaces: null,
    })
    await ask('server.test', { name: 'cloud' })
    const box = { type: 'ftp', name: 'box', host: '127.0.0.1', port: 9, user: 'u', tls: 'none' }
    await ask('server.try', { record: box, secrets: { password: ftp }, replaces: null })
    await ask('server.list', undefined)
    await ask('system.save', {
      record: { name: 'Docs', kind: 'folder', dataLossTarget: null, recoveryTarget: null },
      replaces: null,
    })
    await ask('plan.save', {
      settings: { ...plan, servers: ['cloud'], encryptTo: 'passphrase' },
      replaces: null,
      passphrase: ofPlan,
    })
    await ask('run.resume', { runId: '20260101T000000Z-aaaa', secret: { passphrase: ofPoint } })
    await ask('vault.status', undefined)
    expect(holdsSecret(`before ${JSON.stringify({ key })} after`, key)).toBe(true)
    expect(secrets.filter(secret => holdsSecret(JSON.stringify([said, test.events]), secret))).toEqual([])
    await mkdir(test.home, { recursive: true })
    expect(await filesHolding(test.home, secrets)).toEqual([])
    // The detector itself: it must find what is there.
    await writeFile(
      join(test.home, 'leak.json'),
      JSON.stringify({ a: Buffer.from(`xx${ftp}`).toString('base64') }),
    )
    expect(await filesHolding(test.home, secrets)).toEqual(['leak.json'])
  })
})

describe('server.changed', () => {
  it('comes when the command line adds a server to the same state folder', async () => {
    const drydock = await Drydock.fresh()
    const test = await openTestService({ root: drydock.folder })
    await drydock.json(['server', 'add', 'disk', '--type', 'local', '--path', drydock.path('disk')])
    await test.sees('server.changed')
    expect((await test.call('server.list')).servers.map(({ record }) => record.name)).toEqual(['disk'])
    expect(await readFile(join(test.home, 'servers.json'), 'utf8')).toContain('disk')
  })
})

const plan = {
  name: 'docs',
  system: 'Docs',
  source: { kind: 'files' as const, paths: ['/etc/hosts'], excludes: [] },
  schedule: { kind: 'daily' as const, at: '02:30' },
  zone: 'UTC',
  servers: ['disk'],
  keep: { last: 0, daily: 0, weekly: 0, monthly: 0, yearly: 0 },
  compression: 'zstd' as const,
  level: 1,
  encryptTo: null,
  before: null,
  after: null,
  missed: 'skip' as const,
  limit: null,
  verifyAfter: false,
}
