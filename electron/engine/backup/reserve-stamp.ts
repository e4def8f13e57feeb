import { hostname } from 'node:os'
import { intentName, keptName, manifestName, removedName, stampOf } from '../archive/names.ts'
import { EngineError } from '../engine-error.ts'
import type { Clock } from '../ports.ts'
import type { ObjectStore } from '../store/object-store.ts'

type Server = { name: string; store: ObjectStore }

/**
 * Takes a stamp on every server, with a small object that says who writes: so that a second run, on this laptop or
 * another, never writes the same point. A stamp in use, also if only by a marker of the trash, moves on by a second.
 * @param otherNames further objects that take a stamp by standing there
 * @returns the stamp, and which servers could not be reserved and why; at least one could
 * @throws the first server's failure when none could be reserved
 */
export async function reserveStamp(
  servers: readonly Server[],
  plan: string,
  run: string,
  clock: Clock,
  signal: AbortSignal,
  otherNames: (stamp: string) => string[] = () => [],
): Promise<{ stamp: string; failed: Map<string, unknown> }> {
  const failed = new Map<string, unknown>()
  const content = Buffer.from(`${JSON.stringify({ drydockWriting: 1, run, host: hostname(), plan })}\n`)
  const started = clock.now()
  for (let second = 0; second < 120; second++) {
    const stamp = stampOf(started + second * 1000)
    const release = (stores: readonly Server[]) =>
      Promise.all(
        stores.map(({ store }) =>
          store.remove(intentName(plan, stamp), { signal: AbortSignal.timeout(releaseMs) }).catch(() => {}),
        ),
      )
    const left = servers.filter(({ name }) => !failed.has(name))
    const reserved: Server[] = []
    let isTaken = false
    await Promise.all(
      left.map(async server => {
        const { name, store } = server
        try {
          await store.put(intentName(plan, stamp), content, { signal, ifAbsent: true })
          reserved.push(server)
          // In this order: a run that ends meanwhile writes its manifest before it gives its note up.
          // A marker that somebody's purge left behind would put the new point into the trash at once.
          const ours = [manifestName, removedName, keptName].map(nameOf => nameOf(plan, stamp))
          const others = [...ours, ...otherNames(stamp)]
          const standing = await Promise.all(others.map(other => store.stat(other, { signal })))
          if (standing.some(object => object !== null)) isTaken = true
        } catch (err) {
          if (err instanceof EngineError && err.code === 'remote.exists') isTaken = true
          else failed.set(name, err)
        }
      }),
    )
    const isDone = !signal.aborted && !isTaken && failed.size < servers.length
    await release(isDone ? reserved.filter(({ name }) => failed.has(name)) : reserved)
    signal.throwIfAborted()
    if (failed.size === servers.length) throw failed.values().next().value
    if (isDone) return { stamp, failed }
  }
  throw new EngineError('run.conflict', 'backup.start', {
    subject: plan,
    detail: 'two minutes of stamps are in use on the servers',
  })
}

/** How long giving a note up may take, ms. One that stays only makes the next run move on by a second. */
const releaseMs = 10_000
