import { execFileSync } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { readdirSync } from 'node:fs'
import { mkdir, writeFile } from 'node:fs/promises'
import { describe, expect, it } from 'vitest'
import type { Event, Started } from './support/drydock.ts'
import { Drydock } from './support/drydock.ts'

/** A backup of 120 MB that stays under way for as long as a test wants: it is limited to a part of that per second. */
async function slowBackup(): Promise<{ drydock: Drydock; started: Started; id: string }> {
  const drydock = await Drydock.fresh()
  await mkdir(drydock.path('src'))
  await writeFile(drydock.path('src', 'big'), randomBytes(120_000_000))
  await drydock.json(['server', 'add', 'disk', '--type', 'local', '--path', 'disk'])
  const started = drydock.start([
    'backup',
    'src',
    '--name',
    'big',
    '--to',
    'disk',
    '--limit',
    '16MB',
    '--json',
  ])
  // Something is durable, and much is still to come.
  const [, id] = await started.sees(/"event":"progress","run":"([^"]+)","phase":"[^"]+","bytes":[1-9]/)
  return { drydock, started, id: id! }
}

const runOf = (events: Event[]) => events.find(({ event }) => event === 'run')

describe('runs from the command line', () => {
  it('takes a killed backup up under its own id, and what it wrote is restored equal', async () => {
    const { drydock, started, id } = await slowBackup()
    started.child.kill('SIGKILL')
    await started.ended
    expect(runOf((await drydock.json(['runs', 'list'])).events())).toMatchObject({ id, state: 'interrupted' })

    const resumed = drydock.start(['runs', 'resume', id, '--json'])
    await resumed.sees(/"event":"progress"/)
    await drydock.json(['runs', 'limit', id, 'none'])
    const ended = await resumed.ended
    expect(ended.exit, ended.stderr).toBe(0)
    expect(runOf(ended.events())).toMatchObject({ id, state: 'succeeded' })
    await drydock.json(['verify', 'big@latest', '--deep'])
    await drydock.json(['restore', 'big@latest', '--into', 'out'])
    execFileSync('diff', ['-r', drydock.path('src'), drydock.path('out', 'src')])
  })

  it('cancels on the first Ctrl-C, says what is left, and leaves no restore point behind', async () => {
    const { drydock, started, id } = await slowBackup()
    started.child.kill('SIGINT')
    await started.sees(/Stopping\. What was sent of this restore point is taken off/, 'err')
    const ended = await started.ended
    expect(ended.exit).toBe(130)
    expect(ended.result()).toMatchObject({ ok: false, code: 'cancelled', exit: 130, run: id })
    expect(runOf(ended.events())).toMatchObject({ id, state: 'cancelled' })
    expect(
      (await drydock.json(['points', '--all'])).events().filter(({ event }) => event === 'point'),
    ).toEqual([])
    expect(readdirSync(drydock.path('disk')).filter(name => name.includes('big_'))).toEqual([])
  })

  it('keeps what was confirmed when the process is asked to end, so that a resume goes on there', async () => {
    const { drydock, started, id } = await slowBackup()
    started.child.kill('SIGTERM')
    const ended = await started.ended
    expect(ended.exit).toBe(130)
    expect(ended.stderr).toContain(`drydock runs resume ${id} goes on there`)
    const resumed = drydock.start(['runs', 'resume', id, '--json'])
    const [, bytes] = await resumed.sees(/"event":"progress"[^\n]*"bytes":([1-9]\d*)/)
    expect(Number(bytes)).toBeGreaterThan(0)
    await drydock.json(['runs', 'limit', id, 'none'])
    expect((await resumed.ended).exit).toBe(0)
  })

  it('is paused, resumed, watched and cancelled from another process', async () => {
    const { drydock, started, id } = await slowBackup()
    const tail = id.slice(-4)
    expect(runOf((await drydock.json(['runs', 'pause', tail])).events())).toMatchObject({
      id,
      state: 'paused',
    })
    expect(runOf((await drydock.json(['runs', 'list'])).events())).toMatchObject({ id, state: 'paused' })
    expect(runOf((await drydock.json(['runs', 'resume', tail])).events())).toMatchObject({
      id,
      state: 'running',
    })
    const watching = drydock.start(['runs', 'watch', tail, '--json'])
    await watching.sees(/"event":"progress"/)
    await drydock.json(['runs', 'cancel', tail])
    expect((await started.ended).exit).toBe(130)
    const watched = await watching.ended
    expect(watched.exit).toBe(130)
    expect(runOf(watched.events())).toMatchObject({ id, state: 'cancelled' })
  })

  it('stops watching on Ctrl-C and lets the run go on', async () => {
    const { drydock, started, id } = await slowBackup()
    const watching = drydock.start(['runs', 'watch', id])
    await watching.sees(/Run /, 'err')
    watching.child.kill('SIGINT')
    expect((await watching.ended).exit).toBe(130)
    await drydock.json(['runs', 'limit', id, 'none'])
    expect((await started.ended).exit).toBe(0)
  })

  it('refuses to take up a run that has succeeded, and one that is not there', async () => {
    const { drydock, started, id } = await slowBackup()
    await drydock.json(['runs', 'limit', id, 'none'])
    await started.ended
    expect((await drydock.json(['runs', 'resume', id], 1)).result().code).toBe('run.not-resumable')
    expect((await drydock.json(['runs', 'pause', id], 5)).result().code).toBe('run.conflict')
    expect((await drydock.json(['runs', 'show', 'nothing'], 2)).result().code).toBe('run.unknown')
    const shown = await drydock.run(['runs', 'show', id])
    expect(shown.exit).toBe(0)
    expect(shown.stdout).toMatch(/state\s+succeeded/)
  })
})
