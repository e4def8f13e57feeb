import { createStore, type StoreApi } from 'zustand/vanilla'
import type { RunSnapshot } from '../../../shared/contract/run.ts'
import type { Failure } from '../../../shared/failure.ts'
import type { Call } from '../rpc.ts'
import { addSample, type RunHistory } from '../../../shared/run-rates.ts'
import { isLive } from '../run-words.ts'

export type RunsState = {
  /** Newest first. */
  list: readonly RunSnapshot[]
  byId: ReadonlyMap<string, RunSnapshot>
  /** Of all there are, also those not loaded. */
  total: number
  unreadable: readonly { id: string; detail: string }[]
  failure: Failure | null
  asking: boolean
  /** Whether `run.list` has answered once. */
  loaded: boolean
  /** Of those that go on, while this page sees them. */
  histories: ReadonlyMap<string, RunHistory>
}

export type RunsStore = StoreApi<RunsState> & {
  refresh(): Promise<void>
  /** Takes a snapshot, unless a newer one is known. */
  apply(snapshot: RunSnapshot): void
  /** What a reload must not lose. */
  keepsake(): string
}

/** All runs; snapshots come in any order and the newest `seq` wins. @param kept a `keepsake` of before the reload */
export function createRuns(
  { call, now }: { call: Call; now: () => number },
  kept?: string | null,
): RunsStore {
  const store = createStore<RunsState>(() => ({
    list: [],
    byId: new Map(),
    total: 0,
    unreadable: [],
    failure: null,
    asking: false,
    loaded: false,
    histories: readKeepsake(kept, now()),
  }))

  const apply = (snapshot: RunSnapshot) => {
    const { byId, list, total, histories } = store.getState()
    const known = byId.get(snapshot.id)
    // A limit is changed beside the record: its `seq` stays as it was.
    const limited = known?.seq === snapshot.seq && known.limit !== snapshot.limit
    if (known && known.seq >= snapshot.seq && !limited) return
    const next = new Map(byId).set(snapshot.id, snapshot)
    store.setState({
      byId: next,
      list: known
        ? list.map(run => (run.id === snapshot.id ? snapshot : run))
        : [snapshot, ...list].sort(newestFirst),
      total: known ? total : total + 1,
      histories: follow(histories, known, snapshot, now()),
    })
  }

  const refresh = async () => {
    if (store.getState().asking) return
    store.setState({ asking: true })
    const answer = await call('run.list', { limit: 2000 })
    if (!answer.ok) return store.setState({ asking: false, failure: answer.failure, loaded: true })
    const { byId, histories } = store.getState()
    const next = new Map<string, RunSnapshot>()
    let followed = histories
    for (const run of answer.value.runs) {
      const known = byId.get(run.id)
      next.set(run.id, known && known.seq > run.seq ? known : run)
      if (isLive(run)) followed = follow(followed, known, run, now())
    }
    store.setState({
      byId: next,
      list: [...next.values()].sort(newestFirst),
      total: answer.value.total,
      unreadable: answer.value.unreadable,
      failure: null,
      asking: false,
      loaded: true,
      histories: followed,
    })
  }

  const keepsake = () => JSON.stringify([...store.getState().histories])
  return Object.assign(store, { refresh, apply, keepsake })
}

const newestFirst = (a: RunSnapshot, b: RunSnapshot) =>
  a.started < b.started ? 1 : a.started > b.started ? -1 : 0

function follow(
  histories: ReadonlyMap<string, RunHistory>,
  before: RunSnapshot | undefined,
  run: RunSnapshot,
  now: number,
): ReadonlyMap<string, RunHistory> {
  const known = histories.get(run.id)
  if (!known && !isLive(run)) return histories
  const last = before?.progress
  const { bytes, received, files, phase } = run.progress
  const moved =
    !known ||
    run.state !== before?.state ||
    last?.bytes !== bytes ||
    last.received !== received ||
    // Another limit is another pace: what went before says nothing about it.
    run.limit !== before?.limit ||
    last.files !== files ||
    last.phase !== phase
  const history: RunHistory = {
    samples: addSample(known?.samples ?? [], {
      at: now,
      bytes,
      ...(received !== undefined && { received }),
    }),
    movedAt: moved ? now : known.movedAt,
  }
  return new Map(histories).set(run.id, history)
}

function readKeepsake(text: string | null | undefined, now: number): ReadonlyMap<string, RunHistory> {
  try {
    const entries = JSON.parse(text ?? '[]') as [string, RunHistory][]
    return new Map(
      entries.filter(([, { samples, movedAt }]) => Array.isArray(samples) && now - movedAt < 600_000),
    )
  } catch {
    return new Map()
  }
}
