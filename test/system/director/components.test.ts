import { createHash } from 'node:crypto'
import { mkdir, readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { describe, expect, it, onTestFinished } from 'vitest'
import { decodeManifest } from '../../../electron/engine/archive/manifest.ts'
import { parseBackupLog } from '../../../electron/engine/system/director/components/index.ts'
import type { Host } from '../../../electron/engine/system/director/host/host.ts'
import { directorComponents, directorFileName } from '../../../shared/director-files.ts'
import type { DirectorComponent } from '../../../shared/director-files.ts'
import { localMachine, runs, until } from '../../support/director-host.ts'
import { backUpDirector, startComponents } from '../../support/director/component-run.ts'
import { directorTools, quick } from '../../support/director/component-tools.ts'
import { objectsIn, openTestEngine, problemsOf, shell } from '../../support/engine.ts'
import type { Postgres } from '../../support/servers/postgres.ts'
import { Fake } from '../../support/fake-store.ts'
import { tempFolder } from '../../support/temp-folder.ts'

const sha256 = (bytes: Uint8Array) => createHash('sha256').update(bytes).digest('hex')

/** An engine with disks, and the machine that plays the Director. */
async function setUp(names: string[] = ['a'], postgres: Postgres | null = null) {
  const machine = await localMachine()
  onTestFinished(() => machine.stop())
  const host: Host = await machine.open()
  const opened = await openTestEngine()
  const folders: Record<string, string> = {}
  for (const name of names) {
    folders[name] = await opened.addServer(name)
    await mkdir(folders[name], { recursive: true })
  }
  const commands = await directorTools(await tempFolder(), postgres)
  return { host, opened, folders, commands, servers: names }
}

/** A time for runs whose file names a test has to know. */
const clock = { now: () => Date.parse('2026-03-26T13:15:02.500Z'), monotonic: () => performance.now() }
const elkName = 'elk_20260326T131502_dump.tar.gz'

const failing = (command: string) => ({ command, ...quick })

describe('a backup of a Director’s components', () => {
  it('puts five files of one stamp, their manifest and the latest copies on every server', async () => {
    const { host, opened, folders, commands, servers } = await setUp(['a', 'b'])
    let log = ''
    const { record, outcome } = await backUpDirector(opened, {
      ...{ host, commands, servers },
      log: text => (log += text),
    })
    expect(record).toMatchObject({ state: 'succeeded', problems: 0, failure: null })
    expect(outcome).toMatchObject({
      servers: { a: 'done', b: 'done' },
      latest: { a: 'replaced', b: 'replaced' },
    })
    const stamp = outcome?.stamp ?? ''
    expect(stamp).toMatch(/^\d{8}T\d{6}$/)
    for (const folder of Object.values(folders)) {
      expect(await objectsIn(folder)).toEqual(
        [
          ...directorComponents.flatMap(one => [
            directorFileName(one, stamp),
            directorFileName(one, 'latest'),
            `director_${one}_${stamp}Z.entries.jsonl.zst`,
          ]),
          `director_${stamp}Z.manifest.json`,
        ].sort(),
      )
      const manifest = decodeManifest(await readFile(join(folder, `director_${stamp}Z.manifest.json`)), 'it')
      expect(manifest.files.map(({ component }) => component)).toEqual([...directorComponents])
      for (const { component, name, size, sha256: told } of manifest.files) {
        const bytes = await readFile(join(folder, name))
        expect([bytes.length, sha256(bytes)]).toEqual([size, told])
        const latest = await readFile(
          join(folder, directorFileName(component as DirectorComponent, 'latest')),
        )
        expect(latest.equals(bytes)).toBe(true)
        await shell('gzip -t "$1"', { args: [join(folder, name)] })
      }
    }
    expect(parseBackupLog(log).map(({ component, state }) => [component, state])).toEqual(
      directorComponents.map(component => [component, 'succeeded']),
    )
    // What the stand-in said on its standard error.
    expect(await readFile(join(opened.home, 'runs', record.id, 'log.txt'), 'utf8')).toContain(
      'writing keycloak.users',
    )
  })

  it('takes another second when the stamp stands on any server', async () => {
    const { host, opened, folders, commands, servers } = await setUp(['a', 'b'])
    await writeFile(join(folders['b']!, elkName), 'of another run')
    const { outcome } = await backUpDirector(opened, { host, commands, servers, clock })
    expect(outcome?.stamp).toBe('20260326T131503')
    expect(await readFile(join(folders['b']!, elkName), 'utf8')).toBe('of another run')
  })

  it.each<[string, Partial<Record<DirectorComponent, string>>, RegExp]>([
    [
      'fails after writing half',
      { mongo: 'printf half | gzip -c | head -c 12; exit 3' },
      /ended with status 3/,
    ],
    ['is missing', { mongo: 'no-such-mongodump --archive' }, /status 127.*no-such-mongodump/],
    ['fails in the middle of a pipe', { elk: '{ echo half; exit 4; } | gzip' }, /ended with status 4/],
    ['writes nothing', { 'ec-provision': 'true' }, /has no bytes/],
    ['writes an archive of nothing', { 'ec-provision': 'gzip </dev/null' }, /archive of nothing/],
    ['writes no gzip', { mongo: 'echo plain text; echo why >&2' }, /is no gzip file: why/],
    [
      'writes half a gzip and says all is well',
      { mongo: 'seq 1 9999 | gzip | head -c 300; true' },
      /ends in the middle/,
    ],
    ['writes something else', { 'certificate-service': 'echo no tar | gzip' }, /holds no tar/],
    ['packs no dump of postgres', { postgres: 'cd /etc && tar -czf - passwd' }, /without postgres_dump\.sql/],
    [
      'packs an empty dump of postgres',
      { postgres: 'cd "$(mktemp -d)" && touch postgres_dump.sql && tar -czf - .' },
      /empty postgres_dump\.sql/,
    ],
    ['packs what is no archive of mongodump', { mongo: 'seq 1 9999 | gzip' }, /no archive of mongodump/],
    [
      'packs a folder without a file',
      { 'certificate-service': 'cd "$(mktemp -d)" && tar -czf - .' },
      /tar without a single file/,
    ],
    ['is ended by a signal', { mongo: 'kill -9 $$' }, /ended/],
  ])('fails when a component’s command %s, and leaves nothing new', async (_how, broken, words) => {
    const { host, opened, folders, commands, servers } = await setUp()
    await backUpDirector(opened, { host, commands, servers })
    const before = await objectsIn(folders['a']!)
    const latest = await readFile(join(folders['a']!, 'mongo_latest.dump.gz'))
    const edited = Object.fromEntries(Object.entries(broken).map(([one, text]) => [one, failing(text)]))
    const { record } = await backUpDirector(opened, { host, servers, commands: { ...commands, ...edited } })
    expect(record).toMatchObject({ state: 'failed', failure: { code: 'local.command' } })
    expect(record.failure?.detail).toMatch(words)
    const problems = await problemsOf(record, opened.home)
    expect(problems.map(({ code }) => code)).toEqual(['component.failed'])
    expect(await objectsIn(folders['a']!)).toEqual(before)
    expect(await readFile(join(folders['a']!, 'mongo_latest.dump.gz'))).toEqual(latest)
  })

  it('says the last lines of what a failing command complained of, once, in one line', async () => {
    const { host, opened, commands, servers } = await setUp()
    const words = `printf 'first of four\\nFATAL:\\tno room\\non the disk\\r\\n\\n  giving up\\n' >&2; exit 1`
    const edited = { postgres: failing(words) }
    const { record } = await backUpDirector(opened, { host, servers, commands: { ...commands, ...edited } })
    expect(record.failure).toMatchObject({
      subject: 'Postgres DB',
      detail: 'the command ended with status 1: FATAL: no room / on the disk / giving up',
    })
    expect(await problemsOf(record, opened.home)).toMatchObject([
      { subject: 'Postgres DB', detail: record.failure?.detail },
    ])
  })

  it('tells every component that fails, not only the first', async () => {
    const { host, opened, commands, servers } = await setUp()
    const edited = { mongo: failing('exit 1'), elk: failing('exit 2') }
    const { record } = await backUpDirector(opened, { host, servers, commands: { ...commands, ...edited } })
    expect(record.failure?.detail).toMatch(/Mongo DB: .*status 1; ELK .*status 2/)
  })

  it.each([
    ['says nothing for too long', { silence: 3, longest: 60 }, /printed nothing for 3 s/],
    ['takes too long', { silence: 60, longest: 3 }, /took longer than 3 s/],
  ])('ends a command that %s, with what it started', async (_how, waits, words) => {
    const { host, opened, folders, commands, servers } = await setUp()
    const marker = `${await tempFolder()}/child`
    const mongo = { command: `sh -c 'echo $$ > ${marker}; exec sleep 600' | gzip`, ...waits }
    const { record } = await backUpDirector(opened, { host, servers, commands: { ...commands, mongo } })
    expect(record.failure?.detail).toMatch(words)
    expect(await objectsIn(folders['a']!)).toEqual([])
    const pid = Number((await readFile(marker, 'utf8')).trim())
    await until(async () => !(await runs(pid)))
  })

  it('takes a command at its word that complains and succeeds', async () => {
    const { host, opened, commands, servers } = await setUp()
    const mongo = failing(`echo "careful" >&2\n${commands.mongo.command}`)
    const { record } = await backUpDirector(opened, { host, servers, commands: { ...commands, mongo } })
    expect(record).toMatchObject({ state: 'succeeded', problems: 0 })
    expect(await readFile(join(opened.home, 'runs', record.id, 'log.txt'), 'utf8')).toContain(
      'mongo: careful',
    )
  })

  it('leaves out a component without a command, says so, and leaves the latest copies alone', async () => {
    const { host, opened, folders, commands, servers } = await setUp()
    const { elk: _, ...rest } = commands
    const { record, outcome } = await backUpDirector(opened, { host, servers, commands: rest })
    expect(record).toMatchObject({ state: 'succeeded', problems: 2 })
    expect(outcome).toMatchObject({ notSet: ['elk'], latest: { a: 'kept' }, files: 4 })
    const problems = await problemsOf(record, opened.home)
    expect(problems.map(({ code }) => code)).toEqual(['component.not-set', 'latest.not-replaced'])
    expect((await objectsIn(folders['a']!)).filter(name => name.includes('latest'))).toEqual([])
  })

  it('refuses when no component has a command', async () => {
    const { host, opened, servers } = await setUp()
    const none = { command: null, ...quick }
    const { record } = await backUpDirector(opened, {
      host,
      servers,
      commands: { mongo: none, postgres: none },
    })
    expect(record.failure).toMatchObject({ code: 'input.invalid' })
  })

  it('writes nothing beside the vendor’s repositories', async () => {
    const { host, opened, folders, commands, servers } = await setUp()
    await mkdir(join(folders['a']!, 'dcrepository'))
    const refused = await backUpDirector(opened, { host, commands, servers })
    expect(refused.record.failure).toMatchObject({
      code: 'remote.unsupported',
      detail: expect.stringContaining('dcrepository/') as string,
    })
    expect(await objectsIn(folders['a']!)).toEqual(['dcrepository'])
  })

  it.each(['upload', 'write', 'commit'] as const)(
    'goes on without a server that is full (at its %s), and takes what it wrote there off it',
    async method => {
      const { host, opened, folders, commands, servers } = await setUp()
      const full = new Fake()
      full.fail(method, { code: 'remote.full', name: elkName })
      const { record, outcome } = await backUpDirector(opened, {
        ...{ host, commands, servers, clock },
        more: [{ name: 'full', store: full }],
      })
      expect(record).toMatchObject({ state: 'succeeded', problems: 1 })
      expect(outcome).toMatchObject({
        servers: { a: 'done', full: 'failed' },
        latest: { a: 'replaced' },
      })
      expect([...full.objects.keys()]).toEqual([])
      expect(full.disk.uploads.size).toBe(0)
      expect((await objectsIn(folders['a']!)).length).toBe(16)
    },
  )

  it('fails when no server is left, with what the last one said', async () => {
    const { host, opened, commands } = await setUp()
    const full = new Fake()
    full.fail('write', { code: 'remote.full', times: 99 })
    const more = [{ name: 'full', store: full }]
    const { record } = await backUpDirector(opened, { host, commands, servers: [], more })
    expect(record.failure).toMatchObject({ code: 'remote.full' })
    expect([...full.objects.keys()]).toEqual([])
  })

  it('says which latest copies are of which run when one cannot be replaced', async () => {
    const { host, opened, commands } = await setUp()
    const store = new Fake()
    store.fail('put', { code: 'remote.full', name: 'elk_latest_dump.tar.gz' })
    const { record, outcome } = await backUpDirector(opened, {
      ...{ host, commands, servers: [] },
      more: [{ name: 'b', store }],
    })
    expect(record).toMatchObject({ state: 'succeeded', problems: 1 })
    expect(outcome).toMatchObject({ servers: { b: 'done' }, latest: { b: 'failed' } })
    const [problem] = await problemsOf(record, opened.home)
    expect(problem?.detail).toMatch(/2 copies are of this run and 3 of the run before/)
  })

  it('replaces no latest copy when a file cannot be read back as it was sent', async () => {
    const { host, opened, commands } = await setUp()
    const store = new Fake()
    store.objects.set('mongo_latest.dump.gz', Buffer.from('of the run before'))
    const held = store.hold('read', elkName)
    const run = await startComponents(opened, {
      ...{ host, commands, servers: [], clock },
      more: [{ name: 'b', store }],
    })
    await held.reached
    store.objects.set(
      elkName,
      store.objects.get(elkName)!.map(byte => byte ^ 1),
    )
    held.release()
    expect((await run.done).outcome).toMatchObject({ latest: { b: 'failed' } })
    expect(Buffer.from(store.objects.get('mongo_latest.dump.gz')!).toString()).toBe('of the run before')
  })

  it('does not touch a file that somebody else put there under the same name meanwhile', async () => {
    const { host, opened, commands } = await setUp()
    const store = new Fake()
    const held = store.hold('commit', elkName)
    const run = await startComponents(opened, {
      ...{ host, commands, servers: [], clock },
      more: [{ name: 'b', store }],
    })
    await held.reached
    store.objects.set(elkName, Buffer.from('of somebody else'))
    held.release()
    expect(await run.done).toMatchObject({ state: 'failed', failure: { code: 'remote.exists' } })
    expect([...store.objects.keys()]).toEqual([elkName])
    expect(store.disk.uploads.size).toBe(0)
  })

  it('leaves nothing after a cancel in the middle of a command', async () => {
    const { host, opened, folders, commands, servers } = await setUp()
    const marker = `${await tempFolder()}/begun`
    const elk = failing(`touch ${marker}; sleep 600 | gzip`)
    const run = await startComponents(opened, { host, servers, commands: { ...commands, elk } })
    await expect
      .poll(
        () =>
          readFile(marker).then(
            () => true,
            () => false,
          ),
        { timeout: 20_000 },
      )
      .toBe(true)
    run.stop('operator')
    expect(await run.done).toMatchObject({ state: 'cancelled' })
    expect(await objectsIn(folders['a']!)).toEqual([])
  })
})
