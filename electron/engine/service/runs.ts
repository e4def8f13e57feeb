import { EngineError } from '../engine-error.ts'
import type { ServiceContext } from './context.ts'
import type { HandlersOf } from './handlers.ts'
import { keptPassphrase } from './kept-passphrase.ts'
import { RunFiles } from './run-files.ts'

export function runHandlers({ engine, feed, vault, log, learn }: ServiceContext): HandlersOf<'run'> {
  const files = new RunFiles(engine.runs)

  /** A plan's passphrase is in the vault: nobody is asked for it again. */
  const resumeWithKept = async (runId: string, plan: string | null) => {
    if (plan === null) return await engine.resume(runId, undefined)
    const { passphrase, failure } = await keptPassphrase({ vault, log }, plan)
    try {
      return await engine.resume(runId, passphrase === null ? undefined : { passphrase })
    } catch (err) {
      // Not that nobody gave one: the one that is kept cannot be had.
      throw failure && err instanceof EngineError && err.code === 'auth.secret-missing' ? failure : err
    }
  }
  return {
    'run.list': async ({ from, limit }) => await feed.list(from, limit),
    'run.get': async ({ runId }) => await feed.get(runId),
    'run.pause': async ({ runId }) => {
      await (await feed.control(runId)).pause()
    },
    'run.continue': async ({ runId }) => {
      await (await feed.control(runId)).resume()
    },
    'run.cancel': async ({ runId }) => {
      await (await feed.control(runId)).cancel()
    },
    'run.limit': async ({ runId, bytesPerSecond }) => {
      await (await feed.control(runId)).setLimit(bytesPerSecond)
      feed.limited(runId, bytesPerSecond)
    },
    'run.resume': async ({ runId, secret }) => {
      learn(secret)
      const { plan } = await feed.get(runId)
      const sent = given(secret)
      const run = sent ? await engine.resume(runId, sent) : await resumeWithKept(runId, plan)
      return { runId: feed.started(run) }
    },
    'run.log': async ({ runId, from }) => {
      await feed.get(runId)
      return await files.log(runId, from)
    },
    'run.problems': async ({ runId, from, limit }) => {
      await feed.get(runId)
      return await files.problems(runId, from, limit)
    },
    'run.ledger': async ({ runId, from, limit, actions }) => {
      await feed.get(runId)
      return await files.ledger(runId, from, limit, actions)
    },
  }
}

/** What a page sends to open an encrypted point, without what it left empty. */
export function given(
  secret: { passphrase?: string | undefined; identity?: string | undefined } | undefined,
): { passphrase?: string; identity?: string } | undefined {
  if (!secret) return undefined
  const { passphrase, identity } = secret
  if (!passphrase && !identity) return undefined
  return { ...(passphrase ? { passphrase } : {}), ...(identity ? { identity: identity.trim() } : {}) }
}
