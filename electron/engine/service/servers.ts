import type { InputOf } from '../../../shared/contract/index.ts'
import type { ServerInfo, ServerTest } from '../../../shared/contract/server.ts'
import { EngineError, isAbort, toFailure } from '../engine-error.ts'
import { probeFailure } from '../store/probe-failure.ts'
import type { ProbeReport } from '../store/object-store.ts'
import type { ServerRecord } from '../store/server-record.ts'
import type { ServiceContext } from './context.ts'
import type { HandlersOf } from './handlers.ts'
import { plansOn } from './plans-on.ts'
import { ServerTests, serverTestsFile } from './server-tests.ts'
import { moved, typedSecrets, typedServer } from './typed-server.ts'

type Tried = { record: string; learned: ProbeReport['learned']; test: ServerTest }

/** How many tries of unsaved servers are remembered until they are saved. */
const mostTried = 20

export function serverHandlers(ctx: ServiceContext): HandlersOf<'server'> {
  const { engine, home, clock, learn, state } = ctx
  const tests = new ServerTests(home)
  /** What was seen when settings were tried out: kept with the server when those very settings are saved. */
  const tried: Tried[] = []

  const find = async (name: string | null): Promise<ServerRecord | null> =>
    name === null ? null : await engine.servers.get(name)

  const test = async (name: string, probe: () => Promise<ProbeReport>, signal: AbortSignal) => {
    const [at, since] = [clock.now(), clock.monotonic()]
    const taken = () => ({ at: new Date(at).toISOString(), took: Math.round(clock.monotonic() - since) })
    try {
      const report = await probe()
      const why = probeFailure(report, name)
      const failure = why && toFailure(why, 'server.test')
      return { learned: report.learned, test: { ...taken(), checks: report.checks, failure } }
    } catch (err) {
      // Not the server's doing, or nobody waits any more: no result of a test.
      if (signal.aborted || isAbort(err) || !(err instanceof EngineError) || isOurs(err)) throw err
      return { learned: {}, test: { ...taken(), checks: [], failure: toFailure(err, 'server.test') } }
    }
  }

  const infoOf = async (
    record: ServerRecord,
    lastTest: ServerTest | null,
    plans: readonly string[],
  ): Promise<ServerInfo> => ({ record, ...(await keptFor(ctx, record)), lastTest, plans: [...plans] })

  const save = async ({
    record: raw,
    secrets: typed,
    forgetSecrets = false,
    replaces,
  }: InputOf<'server.save'>) => {
    const during = 'server.save'
    const known = await find(replaces)
    let record = typedServer(raw, known, new Date(clock.now()).toISOString(), during)
    const secrets = typedSecrets(typed, record.type, during)
    learn(secrets)
    const seen = tried.find(one => one.record === keyOf(record))
    if (seen) record = { ...record, learned: { ...record.learned, ...seen.learned } }
    if (record.name !== replaces) await refuseTaken(ctx, record.name)
    if (known && record.name !== known.name) {
      const users = await plansOn(ctx, known.name)
      if (users.length > 0)
        throw new EngineError('run.conflict', during, {
          subject: 'name',
          detail: `plans store there under this name: ${users.join(', ')}`,
        })
      await engine.servers.rename(known.name, record.name)
      await tests.rename(known.name, record.name)
    }
    const saved = known
      ? await engine.servers.edit(record.name, record, secrets ?? undefined)
      : await engine.servers.add(record, secrets)
    if (forgetSecrets && secrets === null && known) await engine.servers.forgetSecrets(saved.name)
    if (seen) await tests.keep(saved.name, seen.test)
    else if (known && moved(known, saved)) await tests.rename(saved.name, null)
    await state.changed('servers.json')
    return await infoOf(saved, (await tests.read()).get(saved.name) ?? null, await plansOn(ctx, saved.name))
  }

  return {
    'server.list': async () => {
      const { records, unreadable } = await engine.servers.list()
      const last = await tests.read()
      const servers = await Promise.all(
        records.map(async record =>
          infoOf(record, last.get(record.name) ?? null, await plansOn(ctx, record.name)),
        ),
      )
      return { servers, unreadable }
    },
    'server.save': save,
    'server.remove': async ({ name }) => {
      await engine.servers.get(name)
      const users = await plansOn(ctx, name)
      if (users.length > 0)
        throw new EngineError('run.conflict', 'server.remove', {
          subject: name,
          detail: `plans store there: ${users.join(', ')}`,
        })
      await engine.servers.remove(name)
      await tests.rename(name, null)
      await state.changed('servers.json')
    },
    'server.test': async ({ name }, signal) => {
      await engine.servers.get(name)
      const result = await test(name, () => engine.servers.test(name, signal), signal)
      await tests.keep(name, result.test)
      await state.changed(serverTestsFile)
      return result.test
    },
    'server.try': async ({ record: raw, secrets: typed, forgetSecrets, replaces }, signal) => {
      const known = await find(replaces)
      const record = typedServer(raw, known, new Date(clock.now()).toISOString(), 'server.try')
      const given = typedSecrets(typed, record.type, 'server.try')
      learn(given)
      const secrets = given ?? (known && !forgetSecrets ? await keptSecrets(ctx, known) : null)
      const result = await test(record.name, () => engine.servers.tryOut(record, secrets, signal), signal)
      tried.unshift({ record: keyOf(record), ...result })
      tried.splice(mostTried)
      return result.test
    },
  }
}

/** What would fail whatever the server is: its settings were checked before. */
const isOurs = ({ code }: EngineError): boolean => code === 'internal' || code.startsWith('auth.vault')

/** Settings as they are compared: without what Drydock adds to them. */
const keyOf = ({ added: _a, learned: _l, ...settings }: ServerRecord): string => JSON.stringify(settings)

async function refuseTaken({ engine }: ServiceContext, name: string): Promise<void> {
  const { records, unreadable } = await engine.servers.list()
  if ([...records, ...unreadable].some(known => known.name === name))
    throw new EngineError('input.invalid', 'server.save', {
      subject: 'name',
      detail: 'a server of this name exists already',
    })
}

async function keptSecrets({ vault }: ServiceContext, { name, type }: ServerRecord): Promise<unknown> {
  const text = type === 'local' ? null : await vault.get(`server:${name}`)
  return text === null ? null : (JSON.parse(text) as unknown)
}

/** Whether there are secrets, and the end of an access key's id: never more of anything secret. */
async function keptFor(
  ctx: ServiceContext,
  record: ServerRecord,
): Promise<{ hasSecrets: boolean | null; keyHint: string | null }> {
  if (record.type === 'local' || (record.type === 's3' && record.profile))
    return { hasSecrets: false, keyHint: null }
  try {
    const secrets = await keptSecrets(ctx, record)
    const { accessKeyId } = (secrets ?? {}) as { accessKeyId?: unknown }
    const long = typeof accessKeyId === 'string' && accessKeyId.length >= 8 ? accessKeyId : null
    return { hasSecrets: secrets !== null, keyHint: long?.slice(-4) ?? null }
  } catch (err) {
    if (err instanceof EngineError) return { hasSecrets: null, keyHint: null }
    throw err
  }
}
