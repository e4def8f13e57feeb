import { EngineError } from '../engine-error.ts'
import type { Clock } from '../ports.ts'
import { systemClock } from '../ports.ts'
import { ForwardingStore, ForwardingUpload } from './forwarding.ts'
import type {
  CallOptions,
  ObjectInfo,
  ObjectStore,
  ProbeReport,
  ReadOptions,
  Transfer,
  Upload,
  UploadToken,
  VendorFolder,
  VendorObject,
} from './object-store.ts'
import type { PatienceOptions, RetryInfo } from './patience.ts'
import { Patience, persistently } from './patience.ts'
import type { Delay, Schedule } from './timing.ts'
import { systemDelay, systemSchedule } from './timing.ts'
import type { WatchOptions } from './watchdog.ts'
import { Watchdog, cancelled, watched } from './watchdog.ts'

export type RetryingOptions = {
  clock?: Clock | undefined
  /** A number in [0, 1), for the jitter. */
  random?: (() => number) | undefined
  /** Waits between tries. */
  delay?: Delay | undefined
  /** Timer of the watchdog. */
  schedule?: Schedule | undefined
  /** How long, in ms, failures without any progress are put up with. */
  maxElapsedMs?: number | undefined
  /** Longest silence, in ms, of a call under way. */
  stallMs?: number | undefined
  onRetry?: ((info: RetryInfo) => void) | undefined
}

/** Completing a large upload may take a server minutes of silence, so it gets this many times `stallMs`. */
const commitStalls = 5

/**
 * Tries again what may succeed the second time, and aborts what does not move.
 * - A read that broke goes on from the byte it had reached: no byte twice, none left out; with `into`, at its place there.
 * - A listing that broke starts over and leaves out the names it has already handed on.
 * - A part is sent again to its place; `commit` is called again, which every store allows.
 * - A `put` with `ifAbsent` whose answer was lost finds its own object: identical bytes count as written.
 */
export function retrying(store: ObjectStore, options: RetryingOptions = {}): ObjectStore {
  return new RetryingStore(store, options)
}

type Policy = { patience: PatienceOptions; watch: WatchOptions; subject: string }

class RetryingStore extends ForwardingStore {
  readonly #policy: Policy

  constructor(store: ObjectStore, options: RetryingOptions) {
    super(store)
    const clock = options.clock ?? systemClock
    this.#policy = {
      subject: store.about,
      patience: {
        clock,
        random: options.random ?? Math.random,
        delay: options.delay ?? systemDelay,
        maxElapsedMs: options.maxElapsedMs ?? 15 * 60_000,
        onRetry: options.onRetry,
      },
      watch: { stallMs: options.stallMs ?? 60_000, clock, schedule: options.schedule ?? systemSchedule },
    }
  }

  override list(prefix: string, options: CallOptions = {}): AsyncIterable<ObjectInfo> {
    const seen = new Set<string>()
    return resuming(this.#policy, 'server.list', options, {
      open: ({ signal }) => this.store.list(prefix, { signal }),
      isNew: info => !seen.has(info.name) && seen.add(info.name) !== undefined,
    })
  }

  override stat(name: string, options: CallOptions = {}): Promise<ObjectInfo | null> {
    return attempt(this.#policy, 'server.stat', options, ({ signal }) => this.store.stat(name, { signal }))
  }

  override read(
    name: string,
    range: { offset: number; length?: number },
    options: ReadOptions = {},
  ): AsyncIterable<Uint8Array> {
    const { offset, length } = range
    const { into, within } = options
    let done = 0
    return resuming(this.#policy, 'server.read', options, {
      open: transfer => {
        const left = { offset: offset + done, ...(length === undefined ? {} : { length: length - done }) }
        const rest = into && { into: into.subarray(done) }
        return this.store.read(name, left, { ...transfer, ...rest, ...(within && { within }) })
      },
      isNew: piece => {
        done += piece.byteLength
        return true
      },
      // What does not fit today will not fit in a second: with `into` the range itself may be too long for it.
      isFinal: err =>
        into !== undefined && (length ?? Infinity) > into.byteLength && isCode(err, 'remote.wrong-answer'),
      isWhole: async err => {
        // All bytes asked for have arrived: how the connection ended no longer matters.
        if (length !== undefined) return done >= length
        if (done === 0 || !isCode(err, 'data.missing')) return false
        return (await this.stat(name, { signal: options.signal }))?.size === offset + done
      },
    })
  }

  override async put(
    name: string,
    body: Uint8Array,
    options: Transfer & { ifAbsent?: boolean } = {},
  ): Promise<void> {
    const { subject, patience: limits, watch } = this.#policy
    const patience = new Patience('server.put', subject, limits)
    const kind = options.ifAbsent === undefined ? {} : { ifAbsent: options.ifAbsent }
    await persistently(patience, options.signal, { during: 'server.put', subject }, async () => {
      try {
        await watched('server.put', subject, options, watch, transfer =>
          this.store.put(name, body, { ...transfer, ...kind }),
        )
      } catch (err) {
        if (!patience.tried || !isCode(err, 'remote.exists') || !(await this.#holds(name, body, options)))
          throw err
      }
    })
  }

  override upload(name: string, options: CallOptions & { resume?: UploadToken } = {}): Promise<Upload> {
    const resume = options.resume === undefined ? {} : { resume: options.resume }
    return attempt(this.#policy, 'server.upload', options, async ({ signal }) => {
      return new RetryingUpload(await this.store.upload(name, { signal, ...resume }), this.#policy)
    })
  }

  override remove(name: string, options: CallOptions = {}): Promise<void> {
    return attempt(this.#policy, 'server.remove', options, ({ signal }) =>
      this.store.remove(name, { signal }),
    )
  }

  /** Tried once: a probe that fails is an answer. */
  override probe(options: CallOptions = {}): Promise<ProbeReport> {
    const { subject, watch } = this.#policy
    return watched('server.test', subject, options, patient(watch), ({ signal }) =>
      this.store.probe({ signal }),
    )
  }

  override vendorFolder(options: CallOptions = {}): Promise<string | null> {
    return attempt(this.#policy, 'server.list', options, ({ signal }) => super.vendorFolder({ signal }))
  }

  override listVendor(folder: VendorFolder, options: CallOptions = {}): AsyncIterable<VendorObject> {
    const seen = new Set<string>()
    return resuming(this.#policy, 'server.list', options, {
      open: ({ signal }) => super.listVendor(folder, { signal }),
      isNew: ({ path }) => !seen.has(path) && seen.add(path) !== undefined,
    })
  }

  async #holds(name: string, body: Uint8Array, options: CallOptions): Promise<boolean> {
    const there = await this.stat(name, options)
    if (there?.size !== body.byteLength) return false
    let at = 0
    for await (const piece of this.read(name, { offset: 0 }, { signal: options.signal })) {
      if (Buffer.compare(piece, body.subarray(at, at + piece.byteLength)) !== 0) return false
      at += piece.byteLength
    }
    return at === body.byteLength
  }
}

class RetryingUpload extends ForwardingUpload {
  readonly #policy: Policy

  constructor(upload: Upload, policy: Policy) {
    super(upload)
    this.#policy = policy
  }

  override rewind(to: { bytes: number; parts: number }): Promise<void> {
    return attempt(this.#policy, 'server.upload', {}, () => this.inner.rewind(to))
  }

  override write(
    part: { index: number; offset: number; bytes: Uint8Array },
    options: Transfer = {},
  ): Promise<void> {
    return attempt(this.#policy, 'server.upload', options, transfer => this.inner.write(part, transfer))
  }

  override commit(total: { bytes: number; parts: number }, options: CallOptions = {}): Promise<void> {
    const policy = { ...this.#policy, watch: patient(this.#policy.watch) }
    return attempt(policy, 'server.commit', options, ({ signal }) => this.inner.commit(total, { signal }))
  }

  override async abort(): Promise<void> {
    const { subject, watch } = this.#policy
    // `abort` never throws, and what is left of a hanging one is the server's to expire.
    await watched('server.upload', subject, {}, { ...watch, graceMs: 0 }, () => this.inner.abort()).catch(
      () => {},
    )
  }

  override detach(): Promise<void> {
    const { subject, watch } = this.#policy
    return watched('server.upload', subject, {}, { ...watch, graceMs: 0 }, () => this.inner.detach())
  }
}

const patient = (watch: WatchOptions): WatchOptions => ({ ...watch, stallMs: watch.stallMs * commitStalls })

const isCode = (err: unknown, code: EngineError['code']): boolean =>
  err instanceof EngineError && err.code === code

function attempt<T>(
  policy: Policy,
  during: string,
  options: Transfer,
  call: (transfer: Watchdog['transfer']) => Promise<T>,
): Promise<T> {
  const { subject, patience, watch } = policy
  return persistently(new Patience(during, subject, patience), options.signal, { during, subject }, () =>
    watched(during, subject, options, watch, call),
  )
}

type Sequence<T> = {
  /** Begins again where `isNew` has come to. */
  open: (transfer: Watchdog['transfer']) => AsyncIterable<T>
  /** Whether to hand the item on; hears of each item once, in order. */
  isNew: (item: T) => boolean
  /** Whether nothing is missing although the sequence ended with `err`. */
  isWhole?: (err: unknown) => Promise<boolean>
  /** Whether trying again cannot help although the error's code says it may. */
  isFinal?: (err: unknown) => boolean
}

/** A sequence that goes on after it broke. Only the time spent waiting for the store is watched. */
async function* resuming<T>(
  policy: Policy,
  during: string,
  options: Transfer,
  sequence: Sequence<T>,
): AsyncGenerator<T> {
  const patience = new Patience(during, policy.subject, policy.patience)
  for (;;) {
    if (options.signal?.aborted) throw cancelled(during, policy.subject, options.signal)
    const dog = new Watchdog(during, policy.subject, options, policy.watch)
    const items = sequence.open(dog.transfer)[Symbol.asyncIterator]()
    let failure: { err: unknown }
    let whole = false
    try {
      for (;;) {
        const next = await dog.run(() => items.next())
        whole = next.done === true
        if (next.done) return
        if (!sequence.isNew(next.value)) continue
        patience.progressed()
        yield next.value
      }
    } catch (err) {
      failure = { err }
    } finally {
      dog.dispose()
      if (!whole) dog.abandon()
      // A generator that hangs would answer `return` only when it stops hanging.
      const end = items.return?.().catch(() => {})
      if (!dog.leftBehind) await end
    }
    if (await sequence.isWhole?.(failure.err)) return
    if (sequence.isFinal?.(failure.err)) throw failure.err
    await patience.afterFailure(failure.err, options.signal)
  }
}
