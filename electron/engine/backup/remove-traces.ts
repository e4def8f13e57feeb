import { entriesName, intentName, manifestName } from '../archive/names.ts'
import { EngineError } from '../engine-error.ts'
import type { ObjectStore } from '../store/object-store.ts'
import type { Leftover } from './destination.ts'

export type Traces = {
  plan: string
  component: string
  stamp: string
  encrypted: boolean
  leftover: Leftover | undefined
}

/**
 * Takes all that a run has left on one server off it again: its manifest first, so that nothing counts any more.
 * Never throws: what has to stay is said in the run's log.
 * @param foreign a backup file's name was taken by somebody else: what stands under it is not ours to remove
 */
export async function removeTraces(
  store: ObjectStore,
  { plan, component, stamp, encrypted, leftover }: Traces,
  options: { signal: AbortSignal; log: (line: string) => void; foreign?: boolean },
): Promise<void> {
  const { signal, log, foreign = false } = options
  const remove = (name: string) =>
    store
      .remove(name, { signal })
      .catch((err: unknown) => log(`left behind on ${store.about}: ${name}: ${String(err)}`))
  if (leftover) await remove(manifestName(plan, stamp))
  for (const { name, token } of leftover?.tokens.values() ?? []) {
    try {
      const upload = await store.upload(name, { resume: token, signal })
      await upload.abort()
    } catch (err) {
      // Completed, or expired: then there is nothing under way to remove.
      if (!(err instanceof EngineError && err.code === 'remote.not-found'))
        log(`left behind on ${store.about}: an upload of ${name}: ${String(err)}`)
    }
    if (!foreign) await remove(name)
  }
  if (leftover) await remove(entriesName(plan, component, stamp, encrypted))
  await remove(intentName(plan, stamp))
}
