import { rm } from 'node:fs/promises'
import { join } from 'node:path'
import type { BenchOptions, Finding } from '../bench.ts'
import type { ObjectStore } from '../../../electron/engine/store/object-store.ts'
import type { Side } from './alternate.ts'
import { alternate } from './alternate.ts'
import type { Part } from './as-the-engine.ts'
import { getAsTheEngine, putAsTheEngine } from './as-the-engine.ts'
import { speedRatios, speedText } from './numbers.ts'
import { shell } from './shell.ts'
import { makeRandomFile } from './test-data.ts'

/** Another way to move the same file; each call connects anew, as ours does. */
export type Peer = {
  name: string
  put: (source: string, object: string) => ReturnType<Side['work']>
  get: (object: string, target: string) => ReturnType<Side['work']>
}

/** One large file to a server and back, ours and the peers' in turn; what came back is compared. */
export async function* benchTransfer(
  what: string,
  job: {
    folder: string
    bytes: number
    open: () => Promise<ObjectStore> | ObjectStore
    peers: readonly Peer[]
    /** Takes an object away, so that every put writes anew. */
    remove: (object: string) => Promise<unknown>
  },
  options: BenchOptions,
): AsyncGenerator<Finding> {
  const source = join(job.folder, 'source.bin')
  const target = join(job.folder, 'target.bin')
  await makeRandomFile(source, job.bytes)
  let parts: Part[] = []
  const withStore = async (work: (store: ObjectStore) => Promise<void>) => {
    const store = await job.open()
    try {
      await work(store)
    } finally {
      await store.close()
    }
  }
  const drydock: Peer = {
    name: 'drydock',
    put: () => withStore(async store => void (parts = await putAsTheEngine(store, 'drydock.bin', source))),
    get: () => withStore(store => getAsTheEngine(store, parts, target)),
  }
  const all = [drydock, ...job.peers]
  const objectOf = ({ name }: Peer) => `${name}.bin`
  const puts = Object.fromEntries(
    all.map((peer): [string, Side] => [
      peer.name,
      { before: () => job.remove(objectOf(peer)), work: () => peer.put(source, objectOf(peer)) },
    ]),
  )
  const gets = Object.fromEntries(
    all.map((peer): [string, Side] => [
      peer.name,
      {
        before: () => rm(target, { force: true }),
        work: () => peer.get(objectOf(peer), target),
        after: () => shell('cmp "$1" "$2"', [source, target]),
      },
    ]),
  )
  for (const [way, sides] of [
    ['put', puts],
    ['get', gets],
  ] as const) {
    const seconds = await alternate(sides, options)
    const ours = seconds['drydock'] ?? []
    for (const { name } of job.peers)
      yield {
        what: `${way}, ${(job.bytes / 1e6).toFixed(0)} MB, ${what}`,
        ours: speedText(job.bytes, ours),
        peer: `${name} ${speedText(job.bytes, seconds[name] ?? [])}`,
        measured: speedRatios(ours, seconds[name] ?? []),
        target: { atLeast: 1 },
      }
  }
}
