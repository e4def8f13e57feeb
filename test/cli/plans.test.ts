import { mkdir, readFile, readdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { Drydock } from './support/drydock.ts'

/** A command line with a local server and something to back up. */
async function ready(): Promise<Drydock> {
  const drydock = await Drydock.fresh()
  await mkdir(drydock.path('docs'))
  await writeFile(drydock.path('docs', 'a.txt'), 'alpha')
  await drydock.json(['server', 'add', 'disk', '--type', 'local', '--path', drydock.path('disk')])
  return drydock
}

const addDocs = ['plan', 'add', 'docs', 'docs', '--system', 'Documents', '--to', 'disk']

describe('drydock plan', () => {
  it('tells of paths that are not there, and adds and changes the plan all the same', async () => {
    const drydock = await ready()
    const said = (await drydock.run([...addDocs, 'unplugged', '--daily', '02:30'])).stderr
    expect(said).toContain(`Not there now: ${drydock.path('unplugged')}. Runs fail until it is there.`)
    expect(said).not.toContain(`${drydock.path('docs')}.`)
    const edited = await drydock.run(['plan', 'edit', 'docs', 'gone'])
    expect([edited.exit, edited.stderr]).toEqual([0, expect.stringContaining(drydock.path('gone'))])
  })

  it('adds a plan as created, with its system, and says when it would run', async () => {
    const drydock = await ready()
    const added = await drydock.run([
      ...addDocs,
      '--daily',
      '02:30',
      '--zone',
      'Europe/Zurich',
      '--keep-daily',
      '7',
      '--data-lost',
      '24h',
    ])
    expect(added.exit, added.stderr).toBe(0)
    expect(added.stdout).toContain('Added docs: At 02:30 AM, Europe/Zurich; keeps 7 daily.')
    expect(added.stderr).toMatch(/02:30 CES?T/)
    expect(added.stderr).toContain('drydock plan start docs')
    expect(added.stderr).not.toContain('Not there now')
    const [plan] = (await drydock.json(['plan', 'list'])).events()
    expect(plan).toMatchObject({
      event: 'plan',
      name: 'docs',
      system: 'Documents',
      state: 'created',
      words: 'At 02:30 AM',
      zone: 'Europe/Zurich',
      next: [],
      servers: ['disk'],
      running: null,
      last: null,
      missed: 0,
      overdue: null,
    })
    const systems = JSON.parse(await readFile(join(drydock.home, 'systems.json'), 'utf8'))
    expect(systems.systems).toMatchObject([
      { name: 'Documents', kind: 'folder', dataLossTarget: 1440, recoveryTarget: null },
    ])
  })

  it('starts, shows, edits, stops and removes it', async () => {
    const drydock = await ready()
    await drydock.json([...addDocs, '--every', '4h:15', '--zone', 'UTC'])
    const started = (await drydock.json(['plan', 'start', 'docs'])).events()[0]
    expect(started).toMatchObject({ state: 'scheduled', words: 'At 15 minutes past the hour, every 4 hours' })
    expect(started?.['next']).toHaveLength(3)
    const shown = await drydock.run(['plan', 'show', 'docs'])
    expect(shown.stdout).toMatch(/next runs +\w{3} \d+ \w{3} \d\d:15 UTC/)
    expect((await drydock.json(['plan', 'edit', 'docs', '--cron', '0 6 * * 1-5'])).events()[0]).toMatchObject(
      {
        state: 'scheduled',
        words: 'At 06:00 AM, Monday through Friday',
      },
    )
    expect((await drydock.json(['plan', 'stop', 'docs'])).events()[0]).toMatchObject({
      state: 'stopped',
      next: [],
    })
    await drydock.json(['plan', 'remove', 'docs'])
    expect((await drydock.json(['plan', 'list'])).events().map(({ event }) => event)).toEqual(['result'])
  }, 60_000)

  it('runs it now as backup does, and keeps what its rules say', async () => {
    const drydock = await ready()
    await drydock.json([
      ...addDocs,
      '--daily',
      '02:30',
      '--keep-last',
      '1',
      '--verify',
      '--after',
      `echo "$DRYDOCK_OUTCOME $DRYDOCK_POINT" >> ${drydock.path('hook')}`,
    ])
    const points: unknown[] = []
    for (let n = 0; n < 3; n++) {
      const ran = await drydock.json(['plan', 'run', 'docs'])
      const point = ran.events().find(({ event }) => event === 'point')
      points.push(point?.['point'])
      expect(ran.events().find(({ event }) => event === 'run')).toMatchObject({
        kind: 'backup',
        state: 'succeeded',
      })
    }
    expect(await readFile(drydock.path('hook'), 'utf8')).toBe(
      points.map(point => `succeeded ${String(point)}\n`).join(''),
    )
    const left = (await drydock.json(['points', '--name', 'docs']))
      .events()
      .filter(({ event }) => event === 'point')
    expect(left.filter(point => point['verified'] !== null).map(({ point }) => point)).toContain(points[1])
    // The newest that was read back stays until the next one was: of three the first one has to go.
    expect((await readdir(drydock.path('disk'))).filter(name => name.endsWith('.removed.json'))).toHaveLength(
      1,
    )
  }, 60_000)

  it('ends with the failure of its before-hook and backs up nothing', async () => {
    const drydock = await ready()
    await drydock.json([...addDocs, '--daily', '02:30', '--before', 'echo no database >&2; exit 3'])
    const ran = await drydock.json(['plan', 'run', 'docs'], 1)
    expect(ran.result()).toMatchObject({ code: 'local.command' })
    expect(ran.stderr).toContain('the hook before the run ended with status 3, so nothing was backed up')
    expect((await readdir(drydock.path('disk'))).filter(name => name.startsWith('docs_'))).toEqual([])
    const [run] = await readdir(join(drydock.home, 'runs'))
    expect(await readFile(join(drydock.home, 'runs', run ?? '', 'log.txt'), 'utf8')).toContain(
      'hook before: no database',
    )
  }, 60_000)

  it('refuses what cannot be, with the exit code for bad input', async () => {
    const drydock = await ready()
    const refused: [string[], RegExp][] = [
      [[...addDocs, '--cron', '0 0 30 2 *'], /there is no such date/],
      [[...addDocs, '--cron', '*/5 * * * * *'], /once a minute/],
      [[...addDocs, '--every', '5h'], /--every/],
      [[...addDocs, '--daily', '02:30', '--zone', 'Mars/Base'], /time zone/],
      [addDocs, /say when/],
      [['plan', 'add', 'docs', '--system', 'D', '--to', 'disk', '--daily', '02:30'], /say what to back up/],
      [
        ['plan', 'add', 'docs', 'docs', '--system', 'D', '--to', 'gone', '--daily', '02:30'],
        /no such server/,
      ],
      [['plan', 'start', 'docs'], /no plan has been added/],
    ]
    for (const [args, words] of refused) {
      const ended = await drydock.run(args)
      expect(ended.exit, args.join(' ')).toBe(2)
      expect(ended.stderr, args.join(' ')).toMatch(words)
    }
    expect((await drydock.json(['plan', 'list'])).events().map(({ event }) => event)).toEqual(['result'])
  }, 60_000)

  it('refuses to forget a server that a plan stores on', async () => {
    const drydock = await ready()
    await drydock.json([...addDocs, '--daily', '02:30'])
    const ended = await drydock.json(['server', 'remove', 'disk'], 5)
    expect(ended.stderr).toContain('plans store on it: docs')
  }, 60_000)

  it('keeps no passphrase in a vault that is gone with the command', async () => {
    const drydock = await ready()
    await writeFile(drydock.path('secrets.json'), '{"passphrase":"correct horse"}')
    const add = [...addDocs, '--daily', '02:30', '--encrypt', 'passphrase', '--secrets-file', 'secrets.json']
    expect((await drydock.json(add, 1)).result().code).toBe('auth.vault-unavailable')
    await writeFile(drydock.path('vault-passphrase'), 'of the vault')
    const env = {
      DRYDOCK_VAULT: 'passphrase',
      DRYDOCK_VAULT_PASSPHRASE_FILE: drydock.path('vault-passphrase'),
    }
    await drydock.json(add, 0, { env })
    expect(await readFile(join(drydock.home, 'plans.json'), 'utf8')).not.toContain('correct horse')
    const ran = await drydock.json(['plan', 'run', 'docs'], 0, { env })
    expect(ran.stdout + ran.stderr).not.toContain('correct horse')
    await drydock.json(['verify', 'docs@latest', '--deep'])
  }, 60_000)
})

describe('drydock outage', () => {
  it('is declared once, shown and ended', async () => {
    const drydock = await Drydock.fresh()
    expect((await drydock.json(['outage', 'declare', 'flood'])).events()[0]).toMatchObject({
      event: 'outage',
      note: 'flood',
      recoveryTarget: null,
    })
    await drydock.json(['outage', 'declare', 'again'], 5)
    expect((await drydock.json(['outage', 'show'])).events()[0]).toMatchObject({ note: 'flood' })
    expect((await drydock.json(['outage', 'end'])).events()[0]).toHaveProperty('ended')
    await drydock.json(['outage', 'end'], 5)
    expect((await drydock.json(['outage', 'show'])).events()[0]).toMatchObject({ declared: null })
  }, 60_000)
})

describe('drydock daemon', () => {
  it('waits while another one holds the schedule, and takes over when that one was killed', async () => {
    const drydock = await Drydock.fresh()
    const first = drydock.start(['daemon', '--json'])
    await first.sees(/"event":"ready","holds":true/)
    const second = drydock.start(['daemon', '--json'])
    await second.sees(/held by drydock daemon, process \d+/, 'err')
    first.child.kill('SIGKILL')
    await second.sees(/"event":"ready","holds":true/)
    second.child.kill('SIGTERM')
    const ended = await second.ended
    expect(ended.exit).toBe(0)
    expect(ended.result()).toMatchObject({ ok: true, code: 'done' })
  }, 60_000)

  it('runs a plan that was missed while nothing ran plans, and leaves a run that can be resumed when it ends', async () => {
    const drydock = await ready()
    await drydock.json([...addDocs, '--cron', '* * * * *', '--before', 'sleep 60', '--zone', 'UTC'])
    await drydock.json(['plan', 'start', 'docs'])
    const file = join(drydock.home, 'plans.json')
    const book = JSON.parse(await readFile(file, 'utf8'))
    book.plans[0].account.handled -= 30 * 60_000
    await writeFile(file, JSON.stringify(book))
    const daemon = drydock.start(['daemon', '--json'])
    await daemon.sees(/"state":"running"/)
    daemon.child.kill('SIGTERM')
    expect((await daemon.ended).exit).toBe(0)
    const [run] = (await drydock.json(['runs', 'list'])).events()
    expect(run).toMatchObject({ kind: 'backup', state: 'cancelled' })
    expect((await drydock.json(['plan', 'list'])).events()[0]).toMatchObject({
      missed: 0,
      running: null,
      last: { runId: run?.['id'] },
    })
  }, 60_000)
})
