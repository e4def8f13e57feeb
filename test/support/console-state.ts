import { link, mkdir, readFile, readdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { setTimeout as wait } from 'node:timers/promises'
import { MiB } from '../../shared/units.ts'
import type { Desk } from './console-journey.ts'
import { noise } from './tree.ts'

/** A folder with a little of everything, `size` bytes of it incompressible. @returns its path */
export async function makeSource(desk: Desk, name = 'documents', size = 2 * MiB): Promise<string> {
  const folder = desk.drydock.path(name)
  await mkdir(join(folder, 'contracts', '2026'), { recursive: true })
  await mkdir(join(folder, 'pictures'))
  await writeFile(
    join(folder, 'contracts', '2026', 'north quay.txt'),
    'The crane moves on Tuesday.\n'.repeat(400),
  )
  await writeFile(join(folder, 'contracts', 'notes.md'), '# Notes\n')
  await writeFile(join(folder, 'readme'), 'who reads this\n')
  for (let part = 0; part * MiB < size; part++)
    await writeFile(
      join(folder, 'pictures', `dock-${String(part).padStart(3, '0')}.raw`),
      noise(Math.min(MiB, size - part * MiB), `${name} ${part}`),
    )
  return folder
}

/** A folder of the laptop as a server. @returns where it keeps its objects */
export async function addDisk(desk: Desk, name = 'disk'): Promise<string> {
  const path = desk.drydock.path(`server-${name}`)
  await desk.cli(['server', 'add', name, '--type', 'local', '--path', path])
  return path
}

/** A server where nobody answers, called `far-away`. Listing it takes the engine some tries, and seconds. */
export async function addDead(desk: Desk): Promise<void> {
  const ftp = ['--type', 'ftp', '--host', '127.0.0.1', '--port', '9', '--user', 'nobody', '--tls', 'explicit']
  await desk.cli(['server', 'add', 'far-away', ...ftp, '--no-test', '--secrets-stdin'], 0, {
    input: '{"password":"x"}',
  })
}

/** What a laptop holds that has been in use: servers, plans, points, runs, proofs, trash. */
export async function makeUsed(desk: Desk): Promise<{ source: string; point: string; encrypted: string }> {
  const source = await makeSource(desk)
  await addDisk(desk)
  await addDisk(desk, 'vault-room')
  const plan = ['--system', 'Documents', '--data-lost', '24h', '--recovery-time', '4h']
  await desk.cli([
    ...['plan', 'add', 'docs', source, ...plan, '--to', 'disk,vault-room', '--daily', '02:30'],
    ...['--zone', 'Europe/Berlin', '--keep-daily', '7', '--keep-weekly', '4'],
  ])
  await desk.cli([
    'plan',
    'add',
    'notes',
    join(source, 'contracts'),
    '--system',
    'Notes',
    '--to',
    'disk',
    '--every',
    '4h',
  ])
  await desk.cli(['plan', 'start', 'docs'])
  const made = await desk.cli(['plan', 'run', 'docs'])
  const point = String(made.events().findLast(event => event['point'])?.['point'])
  await desk.cli(['verify', point, '--deep', '--server', 'disk'])
  await desk.cli(['restore', point, '--server', 'disk', '--into', desk.drydock.path('restored')])
  const secret = ['--encrypt', 'passphrase', '--secrets-stdin']
  const sealed = await desk.cli(
    ['backup', join(source, 'contracts'), '--name', 'sealed', '--to', 'disk', ...secret],
    0,
    { input: '{"passphrase":"open sesame"}' },
  )
  const old = await desk.cli(['backup', join(source, 'readme'), '--name', 'old', '--to', 'disk'])
  await desk.cli(['points', 'remove', String(old.result()['point']), '--server', 'disk', '--force'])
  await desk.cli(['backup', '--command', 'exit 3', '--as', 'shop.sql', '--name', 'shop', '--to', 'disk'], 1)
  return { source, point, encrypted: String(sealed.result()['point']) }
}

/** Copies the newest run's record `count` times into the past, three hours apart: 3,000 make a year. */
export async function makeYearOfRuns(desk: Desk, count: number): Promise<void> {
  const runs = join(desk.drydock.home, 'runs')
  const [model = ''] = (await readdir(runs)).sort().reverse()
  const record = JSON.parse(await readFile(join(runs, model, 'run.json'), 'utf8')) as Record<string, unknown>
  for (let index = 1; index <= count; index++) {
    const started = new Date(Date.parse(String(record['started'])) - index * 2.9 * 3_600_000)
    const id = `${stampOf(started)}-${String(index).padStart(4, '0')}`
    await mkdir(join(runs, id), { mode: 0o700 })
    const ended = new Date(started.getTime() + 61_000).toISOString()
    const state = index % 50 === 7 ? 'failed' : 'succeeded'
    const failure = { code: 'network.refused', during: 'backup', detail: 'nobody answers', retry: 'now' }
    const copy = { ...record, id, started: started.toISOString(), ended, state, phases: [] }
    await writeFile(
      join(runs, id, 'run.json'),
      JSON.stringify({ ...copy, failure: state === 'failed' ? failure : null }),
    )
  }
}

/** Copies a point of `folder` (its data by hard links) until there are `count`, an hour apart, one after the other into the past. */
export async function makeManyPoints(folder: string, point: string, count: number): Promise<void> {
  const [plan = '', stamp = ''] = point.split('@')
  const mine = (await readdir(folder)).filter(name => name.startsWith(`${plan}_`) && name.includes(stamp))
  const texts = new Map<string, string>()
  for (const name of mine)
    if (name.endsWith('.manifest.json')) texts.set(name, await readFile(join(folder, name), 'utf8'))
  const newest = Date.parse(stamp.replace(/^(....)(..)(..T..)(..)(..Z)$/, '$1-$2-$3:$4:$5'))
  for (let index = 1; index < count; index++) {
    const other = stampOf(new Date(newest - index * 3_600_000))
    const copies = mine.map(async name => {
      const to = join(folder, name.replace(stamp, other))
      const text = texts.get(name)
      if (text === undefined) await link(join(folder, name), to)
      else await writeFile(to, text.replaceAll(stamp, other))
    })
    await Promise.all(copies)
  }
}

export const stampOf = (at: Date): string =>
  at
    .toISOString()
    .replace(/\.\d+Z$/, 'Z')
    .replace(/[-:]/g, '')

/** Asks until there is an answer; the journey's own time limit ends it. */
export async function until<T>(look: () => Promise<T | undefined | null | false>): Promise<T> {
  for (;;) {
    const found = await look()
    if (found) return found
    await wait(50)
  }
}
