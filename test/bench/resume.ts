import { mkdir, readFile, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import type { Bench } from './bench.ts'
import { inBenchFolder } from './support/bench-folder.ts'
import { Laptop, pointOf } from './support/laptop.ts'
import { bytesRead } from './support/machine.ts'
import { spread } from './support/numbers.ts'
import { shell } from './support/shell.ts'
import { makeHalfCompressibleFile } from './support/test-data.ts'

/** Parts that a restore fetches at once. */
const streams = 3

/** `kill -9` at 90 % of a restore, then `runs resume`: how much the second process fetches that the first one had. */
export const resume: Bench = {
  name: 'resume',
  about: 'what is fetched twice when a restore is killed at 90 % and resumed',
  run: options =>
    inBenchFolder(async function* (folder) {
      const bytes = options.quick ? 500e6 : 2e9
      const source = join(folder, 'large.bin')
      await makeHalfCompressibleFile(source, bytes)
      const laptop = new Laptop(folder)
      const disk = join(folder, 'disk')
      await laptop.add([{ name: 'disk', args: ['--type', 'local', '--path', disk], secrets: null }])
      const backup = await laptop.run(['backup', source, '--name', 'large', '--to', 'disk'])
      const point = pointOf(backup)
      const parts = await partsOf(disk, point)
      const part = Math.max(...parts)
      const stored = parts.reduce((sum, size) => sum + size, 0)
      const own = await ownReads(laptop, folder)
      const again: number[] = []
      for (let round = 0; round < options.rounds; round++) {
        const into = join(folder, 'restored')
        await mkdir(into)
        const killed = await killAt(laptop, ['restore', point, '--into', into], bytes * 0.9)
        await laptop.run(['runs', 'resume', killed.run])
        const log = await readFile(join(laptop.home, 'runs', killed.run, 'log.txt'), 'utf8')
        const received = Number(/disk: .* received \((\d+) bytes\)/.exec(log)?.[1])
        await shell('cmp "$1" "$2"', [source, join(into, 'large.bin')])
        await rm(into, { recursive: true })
        const before = killed.read - own
        again.push(Math.max(0, before + received - stored) / part)
        options.say(
          `killed at ${percent(killed.restored / bytes)} restored, ${percent(before / stored)} fetched; the second process fetched ${percent(received / stored)}`,
        )
      }
      yield {
        what: `restore of one file of ${bytes / 1e9} GB killed at 90 %: fetched again, of parts up to ${(part / 1024 / 1024).toFixed(1)} MiB, ${streams} streams`,
        ours: `${((Math.max(...again) * part) / 1024 / 1024).toFixed(1)} MiB at most, of ${(stored / 1024 / 1024).toFixed(0)} MiB stored`,
        peer: '–',
        measured: spread(again, 'parts'),
        target: { atMost: streams },
      }
    }),
}

async function partsOf(disk: string, point: string): Promise<number[]> {
  const name = join(disk, `${point.replace('@', '_')}.manifest.json`)
  const manifest = JSON.parse(await readFile(name, 'utf8')) as { files: { parts: { size: number }[] }[] }
  return manifest.files.flatMap(file => file.parts.map(({ size }) => size))
}

/** What the process reads beside parts: its own code, the run's files. Measured on a point of one byte. */
async function ownReads(laptop: Laptop, folder: string): Promise<number> {
  const path = join(folder, 'tiny.txt')
  await writeFile(path, 'x')
  const point = pointOf(await laptop.run(['backup', path, '--name', 'tiny', '--to', 'disk']))
  // The first restore after a build writes the cache of compiled code, later ones read it too.
  await laptop.run(['restore', point, '--into', join(folder, 'tiny-first')])
  const { usage } = await laptop.run(['restore', point, '--into', join(folder, 'tiny')])
  return usage.bytesRead
}

type Killed = { run: string; restored: number; read: number }

/** Stops the process before it is looked at, so that it reads nothing between the look and the kill. */
async function killAt(laptop: Laptop, args: string[], restored: number): Promise<Killed> {
  const { child, events, ended } = laptop.start(args)
  for (;;) {
    const run = events.find(event => event.event === 'progress')?.['run']
    const reached = typeof run === 'string' ? await journaled(join(laptop.home, 'runs', run)) : 0
    if (reached >= restored) {
      child.kill('SIGSTOP')
      const read = bytesRead(child.pid ?? 0)
      child.kill('SIGKILL')
      await ended
      return { run: String(run), restored: reached, read }
    }
    if (child.exitCode !== null) throw new Error('the restore ended before it could be killed')
    // Nothing tells of a new line in a file that another process writes.
    await sleep(5)
  }
}

/** Bytes that the run has noted as written and checked. */
async function journaled(folder: string): Promise<number> {
  const text = await readFile(join(folder, 'journal.jsonl'), 'utf8').catch(() => '')
  const line = text.split('\n').findLast(one => one.includes('"t":"at"') && one.endsWith('}'))
  return line ? (JSON.parse(line) as { counts: { bytes: number } }).counts.bytes : 0
}

const percent = (share: number): string => `${(share * 100).toFixed(1)} %`
