import { failureCopy } from '../../shared/failure-copy.ts'
import { formatBytes } from '../../shared/units.ts'
import { EngineError } from './engine-error.ts'
import type { Log } from './ports.ts'
import type { ActiveRun } from './run/index.ts'
import { plansUsingServer } from './schedule/books.ts'
import { limiting } from './store/limiting.ts'
import { identifyMedium } from './store/local/medium.ts'
import { Meter, metering } from './store/metering.ts'
import type { ObjectStore, ProbeReport } from './store/object-store.ts'
import { openStore } from './store/open-store.ts'
import { RateLimiter } from './store/rate-limiter.ts'
import { retrying } from './store/retrying.ts'
import { ServerBook } from './store/server-book.ts'
import type { HostKeyQuestion, ServerRecord, StoreContext } from './store/server-record.ts'
import { serverRecord } from './store/server-record.ts'
import type { Vault } from './vault/index.ts'

export type ServersOptions = {
  home: string
  env: Readonly<Record<string, string | undefined>>
  vault: Vault
  log: Log
  confirmHostKey?: (question: HostKeyQuestion) => Promise<boolean>
  secretsFor?: (server: ServerRecord) => unknown
}

/** `57.7 MiB sent (60502264 bytes), 0 B received (0 bytes), in 18 calls; none failed` */
const trafficWords = ({ sent, received, requests, errors }: Meter): string =>
  `${formatBytes(sent)} sent (${sent} bytes), ${formatBytes(received)} received (${received} bytes), ` +
  `in ${requests} ${requests === 1 ? 'call' : 'calls'}; ${errors === 0 ? 'none' : errors} failed`

/** Failures without any progress are put up with this long while someone waits for an answer, ms. */
const patienceWhenAsked = 6_000
/** A server that has taken the call and is silent gets longer, ms: it may be busy. */
const silenceWhenAsked = 20_000

/** The servers: their records, their secrets, and opened stores on them. */
export class Servers {
  private readonly options: ServersOptions
  private readonly book: ServerBook
  private readonly opened = new Map<string, Promise<ObjectStore>>()
  /** One limiter per run: the limit holds for all its servers together. */
  private readonly limiters = new WeakMap<ActiveRun, RateLimiter>()

  constructor(options: ServersOptions) {
    this.options = options
    this.book = new ServerBook(options.home)
  }

  list(): ReturnType<ServerBook['list']> {
    return this.book.list()
  }

  get(name: string): Promise<ServerRecord> {
    return this.book.get(name)
  }

  /**
   * Adds a server. A local folder gets its identity; secrets go into the vault before the record is written, so that
   * there is never a server that has lost them.
   */
  async add(raw: ServerRecord, secrets: unknown): Promise<ServerRecord> {
    const record = await this.identified(this.check(raw))
    const { records } = await this.book.list()
    if (records.some(known => known.name === record.name))
      throw new EngineError('input.invalid', 'server.add', {
        subject: record.name,
        detail: 'a server of this name exists; server edit changes it',
      })
    if (secrets !== null && secrets !== undefined)
      await this.options.vault.set(keyOf(record.name), JSON.stringify(secrets))
    await this.book.add(record)
    return record
  }

  /** @param secrets new ones; undefined keeps those in the vault */
  async edit(name: string, raw: ServerRecord, secrets?: unknown): Promise<ServerRecord> {
    await this.book.get(name)
    const record = await this.identified(this.check({ ...raw, name }))
    if (secrets !== null && secrets !== undefined)
      await this.options.vault.set(keyOf(name), JSON.stringify(secrets))
    await this.book.replace(record)
    await this.forget(name)
    return record
  }

  /** Takes its secrets out of the vault; the server stays. */
  async forgetSecrets(name: string): Promise<void> {
    const { type } = await this.book.get(name)
    if (type !== 'local') await this.options.vault.remove(keyOf(name))
    await this.forget(name)
  }

  /** Gives a server another name; its secrets and its place in the order go with it. */
  async rename(name: string, to: string): Promise<ServerRecord> {
    const record = this.check({ ...(await this.book.get(name)), name: to })
    const { vault } = this.options
    const secrets = record.type === 'local' ? null : await vault.get(keyOf(name))
    if (secrets !== null) await vault.set(keyOf(to), secrets)
    await this.book.replace(record, name)
    if (secrets !== null) await vault.remove(keyOf(name))
    await this.forget(name)
    return record
  }

  /** @throws EngineError `run.conflict` while a plan stores on it */
  async remove(name: string): Promise<void> {
    const { type } = await this.book.get(name)
    const plans = await plansUsingServer(this.options.home, name)
    if (plans.length > 0)
      throw new EngineError('run.conflict', 'server.remove', {
        subject: name,
        detail: `plans store on it: ${plans.join(', ')}`,
      })
    // The secret first: a locked vault then leaves the server as it was, not a secret without a server.
    if (type !== 'local') await this.options.vault.remove(keyOf(name))
    await this.book.remove(name)
    await this.forget(name)
  }

  /** Tries a server out and keeps what was learned with its record. */
  async test(name: string, signal?: AbortSignal): Promise<ProbeReport> {
    const record = await this.book.get(name)
    const store = await this.bare(record)
    try {
      const report = await store.probe({ signal })
      await this.book.replace({ ...record, learned: { ...record.learned, ...report.learned } })
      await this.forget(name)
      return report
    } finally {
      await store.close()
    }
  }

  /** Tries out a server that has not been added. Nothing is saved; a local folder is made when its parent exists. */
  async tryOut(raw: ServerRecord, secrets: unknown, signal?: AbortSignal): Promise<ProbeReport> {
    const store = await openStore(this.check(raw), secrets, this.context())
    try {
      return await store.probe({ signal })
    } finally {
      await store.close()
    }
  }

  /** A store for short questions, shared until `close`: retries are few, because someone waits for the answer. */
  open(name: string): Promise<ObjectStore> {
    const known = this.opened.get(name)
    if (known) return known
    const store = this.book
      .get(name)
      .then(record => this.bare(record))
      .then(bare => retrying(bare, { maxElapsedMs: patienceWhenAsked, stallMs: silenceWhenAsked }))
    store.catch(() => this.opened.delete(name))
    this.opened.set(name, store)
    return store
  }

  /** A store for a run: retried with patience, limited, its stalls told in the run's progress. Closed by the run. */
  async openFor(run: ActiveRun, name: string, limit: number | null): Promise<ObjectStore> {
    const bare = await this.bare(await this.book.get(name))
    const meter = new Meter()
    const limited = limiting(metering(bare, meter), this.limiterOf(run, limit))
    const store = retrying(limited, {
      onRetry: ({ attempt, code, waitMs }) => {
        const { happened } = failureCopy[code]
        run.log(`${name}: ${happened} (${code}); try ${attempt + 1} in ${Math.round(waitMs / 1000)} s`)
        run.progress({ stalled: `${name}: ${happened}, trying again` })
      },
    })
    const close = store.close.bind(store)
    store.close = async () => {
      run.log(`${name}: ${trafficWords(meter)}`)
      await close()
    }
    return store
  }

  async close(): Promise<void> {
    const stores = await Promise.allSettled(this.opened.values())
    this.opened.clear()
    await Promise.allSettled(
      stores.flatMap(store => (store.status === 'fulfilled' ? [store.value.close()] : [])),
    )
  }

  private limiterOf(run: ActiveRun, limit: number | null): RateLimiter {
    const known = this.limiters.get(run)
    if (known) return known
    const limiter = new RateLimiter(limit)
    this.limiters.set(run, limiter)
    run.onLimit(bytesPerSecond => limiter.set(bytesPerSecond))
    return limiter
  }

  private async bare(record: ServerRecord): Promise<ObjectStore> {
    return await openStore(record, await this.secretsOf(record), this.context())
  }

  /**
   * What opens a server, as the vault keeps it; null when there is nothing. For opening stores, and for a vendor's tool
   * that is told where to fetch from.
   */
  async secretsOf(record: ServerRecord): Promise<unknown> {
    const given = this.options.secretsFor?.(record)
    if (given !== undefined && given !== null) return given
    if (record.type === 'local' || (record.type === 's3' && record.profile)) return null
    const text = await this.options.vault.get(keyOf(record.name))
    return text === null ? null : (JSON.parse(text) as unknown)
  }

  private context(): StoreContext {
    const { env, log, confirmHostKey } = this.options
    return { env, log, ...(confirmHostKey ? { confirmHostKey } : {}) }
  }

  private async identified(record: ServerRecord): Promise<ServerRecord> {
    if (record.type !== 'local' || record.mediumId) return record
    // Opening it makes the folder when its parent exists.
    const store = await openStore(record, null, this.context())
    await store.stat('drydock-probe')
    // Beside the vendor's repositories not even that file: such a folder is known by its path.
    if ((await store.vendorFolder?.()) ?? null) return record
    return { ...record, mediumId: await identifyMedium(record.path) }
  }

  private check(raw: ServerRecord): ServerRecord {
    const parsed = serverRecord.safeParse(raw)
    if (parsed.success) return parsed.data
    const issue = parsed.error.issues[0]
    throw new EngineError('input.invalid', 'server.add', {
      subject: raw.name,
      detail: issue ? `${issue.path.join('.')}: ${issue.message}` : 'unknown shape',
    })
  }

  private async forget(name: string): Promise<void> {
    const store = await this.opened.get(name)?.catch(() => null)
    this.opened.delete(name)
    await store?.close()
  }
}

const keyOf = (name: string): string => `server:${name}`
