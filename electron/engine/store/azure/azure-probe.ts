import { randomBytes } from 'node:crypto'
import { EngineError } from '../../engine-error.ts'
import { foreignRepository } from '../foreign-repository.ts'
import type { ObjectStore, ProbeCheck, ProbeReport } from '../object-store.ts'

type ProbeContext = {
  /** Lists one name and tells the server's time in ms since 1970; null when it does not say. */
  date: () => Promise<number | null>
  endpoint: URL
  sasExpires: number | null
  proxy: URL | null
  signal: AbortSignal | undefined
}

/** Requests whose time is 15 minutes off are refused; half of that is worth a warning. */
const skewWarningMs = 5 * 60_000
const dayMs = 24 * 3_600_000

/**
 * Lists, writes, reads a range, tries conditions and block lists, and removes what it wrote. Beside a repository of the
 * vendor's it only lists.
 * @throws EngineError when the container cannot be listed at all: then nothing else can be told.
 */
export async function probeAzure(store: ObjectStore, context: ProbeContext): Promise<ProbeReport> {
  const { signal, endpoint } = context
  const checks: ProbeCheck[] = []
  const learned: ProbeReport['learned'] = {}
  const check = async (
    name: string,
    level: 'warn' | 'stop',
    work: () => Promise<string>,
  ): Promise<boolean> => {
    try {
      checks.push({ name, ok: true, level: 'info', detail: await work() })
      return true
    } catch (err) {
      if (!(err instanceof EngineError) || err.code === 'cancelled') throw err
      checks.push({ name, ok: false, level, detail: err.detail ? `${err.code}: ${err.detail}` : err.code })
      return false
    }
  }

  const tls = endpoint.protocol === 'https:'
  const via = context.proxy === null ? '' : `, through the proxy ${context.proxy.host}`
  const before = Date.now()
  const date = await context.date()
  const here = (before + Date.now()) / 2
  checks.push({ name: 'list', ok: true, level: 'info', detail: `the container can be listed${via}` })
  checks.push({
    name: 'TLS',
    ok: tls,
    level: tls ? 'info' : 'warn',
    detail: tls
      ? 'encrypted, certificate verified'
      : 'not encrypted: whoever is on the way can read what is sent',
  })
  if (date !== null) {
    // The header counts whole seconds.
    const clockMs = Math.abs(here - date) < 1500 ? 0 : Math.round(here - date)
    const far = Math.abs(clockMs) > skewWarningMs
    learned['clockDifferenceMs'] = clockMs
    const detail =
      clockMs === 0
        ? 'the clocks agree'
        : `the clock here is ${Math.round(Math.abs(clockMs) / 1000)} s ${clockMs > 0 ? 'ahead' : 'behind'}`
    checks.push({ name: 'clock', ok: !far, level: far ? 'warn' : 'info', detail })
  }
  if (context.sasExpires !== null) {
    const days = Math.floor((context.sasExpires - Date.now()) / dayMs)
    const soon = days < 14
    const detail = `the SAS token ends on ${new Date(context.sasExpires).toISOString()} (${days} days)`
    checks.push({ name: 'SAS token', ok: !soon, level: soon ? 'warn' : 'info', detail })
  }

  const foreign = await foreignRepository(store, signal)
  if (foreign) return { checks: [...checks, foreign], learned }
  const name = `drydock-probe-${randomBytes(8).toString('hex')}`
  const parts = `${name}-parts`
  const body = randomBytes(4096)
  try {
    const wrote = await check('write', 'stop', async () => {
      await store.put(name, body, { signal, ifAbsent: true })
      return 'a probe object was written'
    })
    if (wrote) {
      await check('read back', 'stop', async () => {
        const back: Uint8Array[] = []
        for await (const piece of store.read(name, { offset: 100, length: 1000 }, { signal }))
          back.push(piece)
        if (Buffer.concat(back).equals(body.subarray(100, 1100))) return 'a range of it came back equal'
        throw new EngineError('remote.wrong-answer', 'server.test', {
          detail: 'a range of it came back different',
        })
      })
      learned['conditions'] = await check('conditions', 'warn', async () => {
        const again = await store.put(name, body, { signal, ifAbsent: true }).catch((err: unknown) => err)
        if (again instanceof EngineError && again.code === 'remote.exists')
          return 'an object that exists is never replaced unasked'
        if (again instanceof Error) throw again
        throw new EngineError('remote.unsupported', 'server.test', {
          detail: 'the server replaces objects although told not to',
        })
      })
      learned['blockLists'] = await check('block lists', 'stop', async () => {
        const upload = await store.upload(parts, { signal })
        await upload.write({ index: 0, offset: 0, bytes: body }, { signal })
        const again = await store.upload(parts, { signal, resume: upload.token })
        if (again.confirmed.bytes !== body.byteLength) {
          throw new EngineError('remote.unsupported', 'server.test', { detail: 'uploads cannot be resumed' })
        }
        await again.commit({ bytes: body.byteLength, parts: 1 }, { signal })
        return 'uploads in blocks can be resumed and appear whole'
      })
    }
  } finally {
    // Also after a cancel, hence without its signal.
    learned['remove'] = await check('remove', 'warn', async () => {
      const deadline = AbortSignal.timeout(15_000)
      await store.remove(name, { signal: deadline })
      await store.remove(parts, { signal: deadline })
      return 'the probe objects were removed'
    }).catch(() => false)
  }
  return { checks, learned }
}
