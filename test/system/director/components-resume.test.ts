import { mkdir, readFile, readdir } from 'node:fs/promises'
import { join } from 'node:path'
import { describe, expect, it, onTestFinished } from 'vitest'
import type { ActiveRun } from '../../../electron/engine/run/index.ts'
import { LocalStore } from '../../../electron/engine/store/local/local-store.ts'
import { Written } from '../../../electron/engine/system/director/components/written.ts'
import type { ComponentsOutcome } from '../../../electron/engine/system/director/components/index.ts'
import { directorComponents, directorFileName } from '../../../shared/director-files.ts'
import { startComponents } from '../../support/director/component-run.ts'
import { directorTools, quick } from '../../support/director/component-tools.ts'
import { localMachine } from '../../support/director-host.ts'
import { objectsIn, openTestEngine } from '../../support/engine.ts'
import { Fake } from '../../support/fake-store.ts'
import { runScript } from '../../support/script.ts'
import { tempFolder } from '../../support/temp-folder.ts'

async function setUp() {
  const machine = await localMachine()
  onTestFinished(() => machine.stop())
  const host = await machine.open()
  const opened = await openTestEngine()
  const folder = await opened.addServer('a')
  await mkdir(folder, { recursive: true })
  return { host, opened, folder, commands: await directorTools(await tempFolder(), null) }
}

/** What lies on a server after one whole run. */
const whole = (stamp: string): string[] =>
  [
    ...directorComponents.flatMap(one => [
      directorFileName(one, stamp),
      directorFileName(one, 'latest'),
      `director_${one}_${stamp}Z.entries.jsonl.zst`,
    ]),
    `director_${stamp}Z.manifest.json`,
  ].sort()

describe('a backup of components that is taken up again', () => {
  it('begins anew after its process was killed, and what that one left is gone', async () => {
    const { host, opened, folder, commands } = await setUp()
    const marker = join(await tempFolder(), 'pid')
    const elk = { command: `head -c 100000 /dev/urandom | gzip\necho $$ > ${marker}\nsleep 600`, ...quick }
    const child = runScript(new URL('fixtures/back-up-components.ts', import.meta.url), [
      opened.home,
      JSON.stringify({ ...commands, elk }),
    ])
    const id = await child.line(/^\d/)
    const text = () => readFile(marker, 'utf8').catch(() => '')
    await expect.poll(text, { timeout: 30_000 }).toMatch(/\d+\n/)
    await child.kill('SIGKILL')
    process.kill(-Number((await text()).trim()), 'SIGKILL')
    const left = await objectsIn(folder)
    expect(left.filter(name => /^(mongo|postgres)_\d/.test(name)).length).toBe(2)

    // A minute later, so that what it left cannot be taken for what is new.
    const clock = { now: () => Date.now() + 60_000, monotonic: () => performance.now() }
    const run = await startComponents(opened, { host, commands, servers: ['a'], clock }, id)
    const record = await run.done
    expect(record).toMatchObject({ state: 'succeeded', failure: null })
    const { stamp } = record.outcome as ComponentsOutcome
    expect(left.some(name => name.includes(stamp))).toBe(false)
    expect(await objectsIn(folder)).toEqual(whole(stamp))
  })

  it.each([false, true])(
    'only replaces the latest copies when all of it was there (a newer run is there: %s)',
    async newer => {
      const { host, opened, commands } = await setUp()
      const store = new Fake()
      const more = [{ name: 'b', store }]
      const clock = { now: () => Date.parse('2026-03-26T13:15:02.500Z'), monotonic: () => performance.now() }
      const job = { ...{ host, commands, servers: [], more, clock } }
      const held = store.hold('read')
      const run = await startComponents(opened, job)
      await held.reached
      run.stop('shutdown')
      expect(await run.done).toMatchObject({ state: 'cancelled' })
      held.release()
      const stamp = '20260326T131502'
      expect([...store.objects.keys()].sort()).toEqual(whole(stamp).filter(name => !name.includes('latest')))
      if (newer)
        for (const one of directorComponents) {
          store.objects.set(directorFileName(one, '20260326T141502'), Buffer.from('newer'))
          store.objects.set(directorFileName(one, 'latest'), Buffer.from('newer'))
        }
      const record = await (await startComponents(opened, job, run.id)).done
      expect(record).toMatchObject({
        state: 'succeeded',
        outcome: { stamp, servers: { b: 'done' }, latest: { b: newer ? 'kept' : 'replaced' } },
      })
      const latest = Buffer.from(store.objects.get('elk_latest_dump.tar.gz') ?? [])
      const wanted = newer
        ? Buffer.from('newer')
        : Buffer.from(store.objects.get(`elk_${stamp}_dump.tar.gz`) ?? [])
      expect(latest.equals(wanted)).toBe(true)
    },
  )
})

describe('Written', () => {
  it('knows from the journal what a killed process had begun for a large latest copy, and takes it off', async () => {
    const path = await tempFolder()
    const record = { type: 'local' as const, name: 'a', path, added: '', learned: {} }
    const store = new LocalStore(record)
    const name = directorFileName('elk', 'latest')
    const upload = await store.upload(name)
    await upload.write({ index: 0, offset: 0, bytes: Buffer.from('half of it') })
    await upload.detach()
    const partials = async () => (await readdir(path)).filter(one => one.startsWith(name))
    expect((await partials()).length).toBe(1)
    const start = { plan: 'director', stamp: '20260326T131502Z', started: '2026-03-26T13:15:02.000Z' }
    const lines = [
      { components: 'start', ...start },
      { components: 'done', server: 'a' },
      { components: 'latest', server: 'a', name, token: upload.token },
    ]
    const run = {
      log: () => {},
      async *readJournal() {
        yield* lines
      },
    } as unknown as ActiveRun
    const written = await Written.earlier(run)
    const { signal } = new AbortController()
    await written?.forgetLatest('b', store, signal)
    expect((await partials()).length).toBe(1)
    await written?.forgetLatest('a', store, signal)
    expect(await partials()).toEqual([])
  })
})
