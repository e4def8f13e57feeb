import type { Engine } from '../../electron/engine/engine.ts'
import type { ObjectStore } from '../../electron/engine/store/object-store.ts'

/** Bytes read from the servers of an engine, by object; what a restore or a listing fetches. */
export type ReadCount = {
  /** Bytes read of objects whose names end so. */
  bytesOf(ending: string): number
  /** Reads of objects whose names end so. */
  readsOf(ending: string): number
}

export type Tap = (name: string, piece: Uint8Array, offset: number) => Promise<void> | void

/** Counts from now on what the engine's stores read; replaces an earlier count. `tap` sees every piece and may wait. */
export function countReads(engine: Engine, tap: Tap = () => {}): ReadCount {
  const bytes = new Map<string, number>()
  const reads = new Map<string, number>()
  tapStores(engine, store => {
    const read = store.read.bind(store)
    store.read = async function* (name, range, options) {
      reads.set(name, (reads.get(name) ?? 0) + 1)
      let { offset } = range
      for await (const piece of read(name, range, options)) {
        bytes.set(name, (bytes.get(name) ?? 0) + piece.length)
        await tap(name, piece, offset)
        offset += piece.length
        yield piece
      }
    }
  })
  const sum = (map: Map<string, number>, ending: string) =>
    [...map].reduce((total, [name, count]) => (name.endsWith(ending) ? total + count : total), 0)
  return { bytesOf: ending => sum(bytes, ending), readsOf: ending => sum(reads, ending) }
}

type Open = (...args: never[]) => Promise<ObjectStore>
const originals = new WeakMap<object, { open: Open; openFor: Open }>()

/** Has `change` at every store that the engine opens from now on. */
function tapStores({ servers }: Engine, change: (store: ObjectStore) => void): void {
  const own = originals.get(servers) ?? {
    open: servers.open.bind(servers),
    openFor: servers.openFor.bind(servers),
  }
  originals.set(servers, own)
  for (const method of ['open', 'openFor'] as const) {
    const changed = async (...args: never[]) => {
      const opened = await own[method](...args)
      const store = bound(opened)
      change(store)
      return store
    }
    Object.assign(servers, { [method]: changed })
  }
}

/** The same store as a plain object, so that one method can be exchanged. */
const bound = (store: ObjectStore): ObjectStore => ({
  about: store.about,
  limits: store.limits,
  list: store.list.bind(store),
  stat: store.stat.bind(store),
  read: store.read.bind(store),
  put: store.put.bind(store),
  upload: store.upload.bind(store),
  remove: store.remove.bind(store),
  probe: store.probe.bind(store),
  close: store.close.bind(store),
})
