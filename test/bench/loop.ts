import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdir } from 'node:fs/promises'
import { join } from 'node:path'
import { text } from 'node:stream/consumers'
import { fileURLToPath } from 'node:url'
import type { ServerRecord } from '../../electron/engine/store/server-record.ts'
import { sftpRecord } from '../support/servers/sftp-place.ts'
import { sshdAvailable, startSshd } from '../support/servers/sshd.ts'
import type { Bench, BenchOptions, Finding } from './bench.ts'
import type { LoopJob, LoopResult } from './loop-process.ts'
import { inBenchFolder } from './support/bench-folder.ts'
import { median, spread } from './support/numbers.ts'
import { realTree } from './support/real-tree.ts'

/** How late the engine's event loop is while a run goes at full speed: windows and pages hang on it. */
export const loop: Bench = {
  name: 'loop',
  about: 'delay of the engine’s event loop during a backup and a restore at full speed',
  run: options =>
    inBenchFolder(async function* (folder) {
      const ensured = await sshdAvailable()
      if (!ensured.ok) throw new Error(ensured.why)
      const { paths } = await realTree(options.quick)
      const added = new Date().toISOString()
      const disk: ServerRecord = {
        type: 'local',
        name: 'bench',
        added,
        learned: {},
        path: join(folder, 'disk'),
      }
      yield* measure('a folder', { folder: join(folder, 'a'), record: disk, secrets: null, paths }, options)
      const sshd = await startSshd()
      try {
        const record = { ...(await sftpRecord(sshd, sshd.files)), name: 'bench' }
        const { privateKey } = sshd
        yield* measure('SFTP', { folder: join(folder, 'b'), record, secrets: { privateKey }, paths }, options)
      } finally {
        await sshd.stop()
      }
    }),
}

async function* measure(where: string, job: LoopJob, { rounds, say }: BenchOptions): AsyncGenerator<Finding> {
  const results: LoopResult[] = []
  for (let round = 0; round < rounds; round++) {
    const folder = join(job.folder, String(round))
    await mkdir(folder, { recursive: true })
    results.push(await inProcess({ ...job, folder }))
    say(`${where}, round ${round + 1}: ${JSON.stringify(results.at(-1))}`)
  }
  for (const way of ['backup', 'restore'] as const) {
    const list = results.map(result => result[way])
    const of = (key: 'p50' | 'p999' | 'max') => median(list.map(one => one[key])).toFixed(1)
    yield {
      what: `${way}, ${where}: delay of the event loop, 99th percentile`,
      ours: `median ${of('p50')} ms, 99.9th ${of('p999')} ms, longest ${of('max')} ms`,
      peer: '–',
      measured: spread(
        list.map(({ p99 }) => p99),
        'ms',
      ),
      target: way === 'backup' ? { atMost: 20 } : null,
    }
  }
}

/** With the launcher's settings: see build/drydock.mjs. */
async function inProcess(job: LoopJob): Promise<LoopResult> {
  const script = fileURLToPath(new URL('./loop-process.ts', import.meta.url))
  const child = spawn(process.execPath, ['--semi-space-growth-factor=1', script], {
    env: { ...process.env, UV_THREADPOOL_SIZE: '6' },
    stdio: ['pipe', 'pipe', 'inherit'],
  })
  child.stdin.end(JSON.stringify(job))
  const [output, [code]] = await Promise.all([text(child.stdout), once(child, 'close')])
  if (code !== 0) throw new Error(`the engine’s process ended with ${String(code)}`)
  return JSON.parse(output) as LoopResult
}
