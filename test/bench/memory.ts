import { mkdir, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { GiB } from '../../shared/units.ts'
import type { AddedServer } from '../support/five-servers.ts'
import { fiveServersAvailable, startFiveServers } from '../support/five-servers.ts'
import type { Bench, BenchOptions, Finding } from './bench.ts'
import { inBenchFolder } from './support/bench-folder.ts'
import type { Ended } from './support/laptop.ts'
import { Laptop, pointOf } from './support/laptop.ts'
import { makeHalfCompressibleFile, makeSmallFiles } from './support/test-data.ts'

const one = 256
const five = 384

type Source = { what: string; name: string; path: string; bytes: number }

/** Peak resident memory of the engine's process in a backup, a deep verify and a restore of what is large or many. */
export const memory: Bench = {
  name: 'memory',
  about: 'peak memory of the engine with a large file and with many small ones, one server and five',
  run: options =>
    inBenchFolder(
      async function* (folder) {
        for (const make of [largeFile, smallFiles]) {
          const source = await make(folder, options)
          yield* withOneServer(folder, source, options)
          yield* withFiveServers(folder, source, options)
          await rm(source.path, { recursive: true })
        }
      },
      // The source, what comes back, and five compressed copies.
      (options.quick ? 1 : 10) * 5 * GiB,
    ),
}

async function largeFile(folder: string, { quick, say }: BenchOptions): Promise<Source> {
  const path = join(folder, 'large.bin')
  const bytes = quick ? 1e9 : 10e9
  await makeHalfCompressibleFile(path, bytes)
  const what = `one file of ${bytes / 1e9} GB`
  say(`made ${what}`)
  return { what, name: 'large', path, bytes }
}

async function smallFiles(folder: string, { quick, say }: BenchOptions): Promise<Source> {
  const path = join(folder, 'many')
  const count = quick ? 20_000 : 200_000
  const bytes = makeSmallFiles(path, count)
  const what = `${count.toLocaleString('en')} small files`
  say(`made ${what}`)
  return { what, name: 'many', path, bytes }
}

async function* withOneServer(
  folder: string,
  source: Source,
  options: BenchOptions,
): AsyncGenerator<Finding> {
  const laptop = new Laptop(join(folder, `one-${source.name}`))
  const disk = join(folder, 'disk')
  const server: AddedServer = { name: 'disk', args: ['--type', 'local', '--path', disk], secrets: null }
  await laptop.add([server])
  const backup = await laptop.run(['backup', source.path, '--name', source.name, '--to', 'disk'])
  yield finding(`backup of ${source.what}, to a folder`, source, backup, one, options)
  yield* readBack(folder, laptop, pointOf(backup), 'disk', 'a folder', source, options)
  await rm(disk, { recursive: true })
  await rm(laptop.home, { recursive: true })
}

async function* withFiveServers(
  folder: string,
  source: Source,
  options: BenchOptions,
): AsyncGenerator<Finding> {
  const ensured = await fiveServersAvailable()
  if (!ensured.ok) throw new Error(ensured.why)
  const running = await startFiveServers()
  const { servers } = running
  try {
    const laptop = new Laptop(join(folder, `five-${source.name}`))
    await laptop.add(servers)
    const names = servers.map(({ name }) => name)
    const backup = await laptop.run(['backup', source.path, '--name', source.name, '--to', names.join(',')])
    yield finding(`backup of ${source.what}, to five servers`, source, backup, five, options)
    for (const { name, args } of servers)
      if (!args.includes('local'))
        yield* readBack(folder, laptop, pointOf(backup), name, args[1] ?? name, source, options)
    await rm(laptop.home, { recursive: true })
  } finally {
    await running.stop()
  }
}

async function* readBack(
  folder: string,
  laptop: Laptop,
  point: string,
  server: string,
  kind: string,
  source: Source,
  options: BenchOptions,
): AsyncGenerator<Finding> {
  const verify = await laptop.run(['verify', point, '--deep', '--server', server])
  yield finding(`deep verify of ${source.what}, from ${kind}`, source, verify, one, options)
  const into = join(folder, `restored-${source.name}-${server}`)
  await mkdir(into)
  const restore = await laptop.run(['restore', point, '--server', server, '--into', into])
  // Small files stay to the end: for minutes ext4 takes no inode that was just given up for a new file, and looks at
  // every one of them again and again. A restore after 200,000 removals would be charged with minutes of that.
  if (source.bytes > GiB) await rm(into, { recursive: true })
  yield finding(`restore of ${source.what}, from ${kind}`, source, restore, one, options)
}

function finding(
  what: string,
  { bytes }: Source,
  { usage, seconds }: Ended,
  atMost: number,
  { say }: BenchOptions,
): Finding {
  const peak = usage.peakRss / 1024 / 1024
  say(`${what}: ${peak.toFixed(0)} MiB, ${seconds.toFixed(1)} s, ${usage.cpuSeconds.toFixed(1)} s of CPU`)
  return {
    what,
    ours: `${(bytes / 1e6 / seconds).toFixed(0)} MB/s of content, ${usage.cpuSeconds.toFixed(0)} s of CPU`,
    peer: '–',
    measured: { median: peak, min: peak, max: peak, unit: 'MiB' },
    target: { atMost },
  }
}
