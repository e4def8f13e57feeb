import { join } from 'node:path'
import { monitorEventLoopDelay } from 'node:perf_hooks'
import { json } from 'node:stream/consumers'
import type * as engineModule from '../../electron/engine/engine.ts'
import type { StartedRun } from '../../electron/engine/run/index.ts'
import type { ServerRecord } from '../../electron/engine/store/server-record.ts'
import type * as vaultModule from '../../electron/engine/vault/index.ts'

export type LoopJob = { folder: string; record: ServerRecord; secrets: object | null; paths: string[] }
/** Milliseconds; `monitorEventLoopDelay` at 1 ms counts that 1 ms in. */
export type Delays = { p50: number; p99: number; p999: number; max: number; samples: number }
export type LoopResult = { backup: Delays; restore: Delays }

/** A process of its own: the built engine and nothing else, measured from the start of a run to its end. */
const built = new URL('../../out/electron/engine/', import.meta.url)
const { createEngine } = (await import(new URL('engine.js', built).href)) as typeof engineModule
const { openVault } = (await import(new URL('vault/index.js', built).href)) as typeof vaultModule

const job = (await json(process.stdin)) as LoopJob
const home = join(job.folder, 'home')
const vault = await openVault({ home, env: { DRYDOCK_VAULT: 'memory' } })
const engine = createEngine({ home, env: process.env, vault, version: '0.0.0-bench' })
await engine.servers.add(job.record, job.secrets)
const server = job.record.name

const backup = await delaysOf(
  await engine.startBackup({
    plan: 'loop',
    servers: [server],
    source: { kind: 'files', paths: job.paths, excludes: [] },
    compression: 'zstd',
    level: 3,
    encryptTo: null,
    limit: null,
  }),
)
const restore = await delaysOf(
  await engine.startRestore({
    point: (backup.outcome as { point: string }).point,
    server,
    into: join(job.folder, 'restored'),
    only: [],
    overwrite: 'never',
    fullPaths: false,
    numericIds: false,
    special: false,
    limit: null,
  }),
)
await engine.close()
process.stdout.write(JSON.stringify({ backup: backup.delays, restore: restore.delays } satisfies LoopResult))

async function delaysOf(run: StartedRun): Promise<{ delays: Delays; outcome: unknown }> {
  const histogram = monitorEventLoopDelay({ resolution: 1 })
  histogram.enable()
  const { state, outcome, failure } = await run.done
  histogram.disable()
  if (state !== 'succeeded') throw new Error(`${state}: ${JSON.stringify(failure)}`)
  const ms = (nanoseconds: number) => Math.round(nanoseconds / 1e4) / 100
  const at = (percent: number) => ms(histogram.percentile(percent))
  const delays = {
    p50: at(50),
    p99: at(99),
    p999: at(99.9),
    max: ms(histogram.max),
    samples: histogram.count,
  }
  return { delays, outcome }
}
