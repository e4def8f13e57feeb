import { hostname } from 'node:os'
import { intentName, manifestName, stampOf } from '../archive/names.ts'
import { EngineError } from '../engine-error.ts'
import type { Clock } from '../ports.ts'
import type { ObjectStore } from '../store/object-store.ts'

type Server = { name: string; store: ObjectStore }

/**
 * Takes a stamp on every server, with a small object that says who writes: so that a second run, on this laptop or
 * another, never writes the same point. A stamp in use moves on by a second.
 * @returns the stamp, and which servers could not be reserved and why; at least one could
 * @throws the first server's failure when none could be reserved
 */
export async function reserveStamp(
  servers: readonly Server[],
  plan: string,
  run: string,
  clock: Clock,
  signal: AbortSignal,
): Promise<{ stamp: string; failed: Map<string, unknown> }> {
  const failed = new Map<string, unknown>()
  const content = Buffer.from(`${JSON.stringify({ drydockWriting: 1, run, host: hostname(), plan })}\n`)
  const started = clock.now()
  for (let second = 0; second < 120; second++) {
    const stamp = stampOf(started + second * 1000)
    const left = servers.filter(({ name }) => !failed.has(name))
    const taken = await Promise.all(
      left.map(async ({ name, store }) => {
        try {
          if (await store.stat(manifestName(plan, stamp), { signal })) return { name, store, reserved: false }
          await store.put(intentName(plan, stamp), content, { signal, ifAbsent: true })
          return { name, store, reserved: true }
        } catch (err) {
          signal.throwIfAborted()
          if (err instanceof EngineError && err.code === 'remote.exists')
            return { name, store, reserved: false }
          failed.set(name, err)
          return null
        }
      }),
    )
    const asked = taken.filter(one => one !== null)
    if (asked.length === 0) throw failed.values().next().value
    if (asked.every(one => one.reserved)) return { stamp, failed }
    await Promise.all(
      asked
        .filter(one => one.reserved)
        .map(({ store }) => store.remove(intentName(plan, stamp)).catch(() => {})),
    )
  }
  throw new EngineError('run.conflict', 'backup.start', {
    subject: plan,
    detail: 'two minutes of stamps are in use on the servers',
  })
}
