import type { Ask, ControlConnection } from './control-client.ts'
import { askRun, connectControl } from './control-client.ts'
import { notUnderWay } from './run-control.ts'
import type { RunRegistry } from './run-registry.ts'
import type { StoredRun } from './stored-run.ts'
import { asInterrupted, isUnderWay } from './stored-run.ts'
import type { WatchedRun } from './watched-run.ts'

/**
 * Watches and controls a run that may live in another process. When nobody answers for it, or its process dies
 * while it is watched, the last snapshot says `interrupted`.
 */
export function attachRun(registry: RunRegistry, record: StoredRun): WatchedRun {
  const ask = async (asked: Ask) => {
    const now = isUnderWay(record) ? await registry.get(record.id) : record
    if (!isUnderWay(now) || !now.control) throw notUnderWay(asked.op, record.id)
    await askRun(now.control, record.id, asked)
  }
  return {
    id: record.id,
    snapshots: signal => watch(registry, record, signal),
    pause: () => ask({ op: 'pause' }),
    resume: () => ask({ op: 'resume' }),
    cancel: () => ask({ op: 'cancel' }),
    setLimit: bytesPerSecond => ask({ op: 'limit', bytesPerSecond }),
    answer: answer => ask({ op: 'answer', answer }),
  }
}

async function* watch(
  registry: RunRegistry,
  record: StoredRun,
  signal: AbortSignal | undefined,
): AsyncGenerator<StoredRun, void, undefined> {
  let last = record
  if (isUnderWay(last) && last.control) {
    const connection = await connectControl(last.control)
    if (connection) {
      for await (const snapshot of snapshotsOf(connection, record.id, signal)) {
        last = snapshot
        yield snapshot
        if (!isUnderWay(snapshot)) return
      }
    }
  }
  if (signal?.aborted) return
  // Contact lost, or none: what is on the disk decides, and it may be newer than what was seen.
  const stored = isUnderWay(last) ? await registry.get(record.id).catch(() => asInterrupted(last)) : last
  const still = isUnderWay(stored) ? asInterrupted(stored) : stored
  yield still.seq > last.seq || still === last ? still : { ...still, seq: last.seq + 1 }
}

async function* snapshotsOf(
  connection: ControlConnection,
  id: string,
  signal: AbortSignal | undefined,
): AsyncGenerator<StoredRun, void, undefined> {
  const stop = () => connection.close()
  signal?.addEventListener('abort', stop, { once: true })
  try {
    if (signal?.aborted || (await connection.send({ op: 'attach' })) === null) return
    for await (const said of connection.messages) {
      if ('snapshot' in said && said.snapshot.id === id) yield said.snapshot
    }
  } finally {
    signal?.removeEventListener('abort', stop)
    connection.close()
  }
}
