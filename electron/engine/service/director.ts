import { z } from 'zod'
import type { InputOf } from '../../../shared/contract/index.ts'
import type { Deployment } from '../../../shared/director.ts'
import { deployment } from '../../../shared/director.ts'
import { EngineError } from '../engine-error.ts'
import { usualPlanName } from '../system/director/backup/index.ts'
import type { DeploymentSecrets } from '../system/director/index.ts'
import type { ServiceContext } from './context.ts'
import type { HandlersOf } from './handlers.ts'
import { refuseUsedDirector } from './plans-on.ts'

const secretsShape = z.object({
  password: z.string().min(1).optional(),
  privateKey: z.string().min(1).optional(),
  keyPassphrase: z.string().optional(),
})

export function directorHandlers(ctx: ServiceContext): HandlersOf<'director'> {
  const { engine, feed, hub, learn } = ctx
  const { directors } = engine

  const infoOf = async (record: Deployment) => ({
    record,
    hasSecrets: await directors.deployments.hasSecrets(record),
  })

  const save = async ({ record: raw, secrets: typed, replaces }: InputOf<'director.save'>) => {
    const known = replaces === null ? null : await directors.deployments.book.get(replaces)
    const record = typedDeployment(raw, known, new Date(ctx.clock.now()).toISOString())
    const secrets = typedSecrets(typed, record)
    learn(secrets)
    if (known && known.name !== record.name) await refuseUsedDirector(ctx, known.name, 'director.save')
    await directors.deployments.save(record, { replaces: known, secrets })
    hub.emit('director.changed', undefined)
    return await infoOf(record)
  }

  return {
    'director.list': async () => {
      const { records, unreadable } = await directors.deployments.book.list()
      return { deployments: await Promise.all(records.map(infoOf)), unreadable }
    },
    'director.save': save,
    'director.remove': async ({ name }) => {
      await refuseUsedDirector(ctx, name, 'director.remove')
      await directors.deployments.remove(name)
      hub.emit('director.changed', undefined)
    },
    'director.read': async ({ deployment: name }, signal) => await directors.read(name, signal),
    'director.preview': async ({ deployment: name, mode, edits }, signal) =>
      await directors.preview(name, { mode, edits }, signal),
    'director.write': async ({ deployment: name, edits }, signal) => ({
      diffs: await directors.write(name, edits, signal),
    }),
    'director.draft': async ({ secret }) => {
      learn({ draft: secret })
      return { draft: await directors.drafts.keep(secret) }
    },
    'director.points': async ({ server, deep, stamp }, signal) =>
      await directors.points(server, { deep, ...(stamp !== undefined && { stamp }) }, signal),
    'director.preflight': async ({ id, request }, signal) =>
      await directors.preflight(request, {
        signal,
        told: line => hub.emit('director.checked', { id, line }),
      }),
    'director.start': async ({ request, token, typed }, signal) => ({
      runId: feed.started(await directors.start(request, { token, typed }, signal)),
    }),
    'director.backup': async ({ plan, ...options }) => ({
      runId: feed.started(
        await directors.startBackup({ ...options, plan: plan ?? usualPlanName(options.deployment) }),
      ),
    }),
    'director.state': async ({ runId }) => await directors.state(runId),
    'director.terminal': async ({ runId, from }) => await directors.terminal(runId, from),
    'director.answer': async ({ runId, question, text, hidden }) => {
      if (hidden) learn({ answer: text })
      await (await feed.control(runId)).answer({ question, text, hidden })
    },
    'director.afterwards': async ({ runId, checks }) => {
      await directors.afterwards(runId, checks)
      hub.emit('director.changed', undefined)
    },
  }
}

/** What an operator typed about a deployment folder, checked. A wrong field is named by its path in `subject`. */
function typedDeployment(raw: Record<string, unknown>, known: Deployment | null, now: string): Deployment {
  const { added: _, ...typed } = raw
  const filled = Object.fromEntries(
    Object.entries(typed).filter(([, value]) => value !== '' && value !== null),
  )
  const parsed = deployment.safeParse({ ...filled, added: known?.added ?? now })
  if (parsed.success) return parsed.data
  const [issue] = parsed.error.issues
  const message = issue?.message ?? 'unknown shape'
  throw new EngineError('input.invalid', 'director.save', {
    subject: issue?.path.map(String).join('.') || 'place',
    detail: /received undefined$/.test(message) ? 'it is missing' : message,
  })
}

/** @returns null when none were typed: those that are kept stay */
function typedSecrets(
  typed: Readonly<Record<string, string>> | null,
  { place }: Deployment,
): DeploymentSecrets | null {
  const given = Object.entries(typed ?? {}).filter(([, value]) => value !== '')
  if (given.length === 0) return null
  if (place.kind === 'local')
    throw new EngineError('input.invalid', 'director.save', {
      subject: 'secrets',
      detail: 'a folder on this machine needs no secret',
    })
  const parsed = z.strictObject(secretsShape.shape).safeParse(Object.fromEntries(given))
  if (parsed.success) return parsed.data
  throw new EngineError('input.invalid', 'director.save', {
    subject: 'secrets',
    detail: 'a password, or a private key and its passphrase',
  })
}
