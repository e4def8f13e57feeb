import { passphraseOf } from '../schedule/index.ts'
import type { ServiceContext } from './context.ts'
import type { HandlersOf } from './handlers.ts'
import { RunFiles } from './run-files.ts'

export function runHandlers({ engine, feed, vault, learn }: ServiceContext): HandlersOf<'run'> {
  const files = new RunFiles(engine.runs)

  /** A plan's passphrase is in the vault: nobody is asked for it again. */
  const keptFor = async (plan: string | null) => {
    const passphrase = plan === null ? null : await passphraseOf(vault, plan).catch(() => null)
    return passphrase === null ? undefined : { passphrase }
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
      return { runId: feed.started(await engine.resume(runId, given(secret) ?? (await keptFor(plan)))) }
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
