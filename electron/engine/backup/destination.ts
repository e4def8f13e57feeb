import { EngineError, isAbort } from '../engine-error.ts'
import type { ObjectStore, Transfer, Upload, UploadToken } from '../store/object-store.ts'
import type { Place } from './layout.ts'

/** What a destination tells the journal, so that a later process can go on. */
export type DestinationEvents = {
  opened(volume: number, name: string, token: UploadToken): Promise<void>
  /** All parts below `parts` of the whole file are acknowledged. */
  acknowledged(parts: number, bytes: number): void
  committed(volume: number): Promise<void>
}

/** What an earlier process, or an earlier try, left on this server. */
export class Leftover {
  readonly tokens = new Map<number, { name: string; token: UploadToken }>()
  readonly committed = new Set<number>()
  /**
   * Parts that were acknowledged without a gap: a server that counts bytes may show more, with a hole in it, when the
   * last process died while several parts were on their way. Infinity when nobody has kept count.
   */
  acknowledged = Infinity
}

export type SentPart = { index: number; bytes: Uint8Array }
type Started = { acknowledged: Promise<void> }

/**
 * One server's copy of a backup file while it is written: parts go in, in order, several at once; volumes are opened
 * and completed on the way. A failure ends this copy and no other.
 */
export class Destination {
  readonly name: string
  readonly store: ObjectStore
  readonly leftover: Leftover
  state: 'active' | 'dropped' | 'failed' | 'done' = 'active'
  failure: EngineError | null = null
  /** Parts acknowledged without a gap, and their bytes. */
  acknowledged = { parts: 0, bytes: 0 }
  /** When something last moved, ms of the monotonic clock. */
  lastMove: number
  readonly events: DestinationEvents
  private readonly monotonic: () => number
  private readonly stop = new AbortController()
  private readonly signal: AbortSignal
  private current: { volume: number; upload: Upload; parts: number; bytes: number } | null = null
  private readonly busy = new Set<Promise<void>>()
  /** Parts handed in and not done with. */
  private offered = 0
  /** Sizes of parts acknowledged behind a gap. */
  private readonly early = new Map<number, number>()
  private order: Promise<void> = Promise.resolve()

  constructor(options: {
    name: string
    store: ObjectStore
    signal: AbortSignal
    events: DestinationEvents
    monotonic: () => number
    leftover?: Leftover
  }) {
    this.name = options.name
    this.store = options.store
    this.events = options.events
    this.monotonic = options.monotonic
    this.signal = AbortSignal.any([options.signal, this.stop.signal])
    this.leftover = options.leftover ?? new Leftover()
    this.lastMove = options.monotonic()
  }

  /**
   * Takes up what is on the server already. `places` are the parts that exist so far, in order.
   * @returns how many of them this server holds; the next one is where this copy goes on. 0 when it has failed
   */
  async takeUp(places: readonly { place: Place; size: number }[]): Promise<number> {
    try {
      this.acknowledged = await this.find(places)
    } catch (err) {
      this.signal.throwIfAborted()
      this.fail(err)
      return 0
    }
    this.noteAcknowledged()
    return this.acknowledged.parts
  }

  private async find(
    places: readonly { place: Place; size: number }[],
  ): Promise<{ parts: number; bytes: number }> {
    const volumes = Map.groupBy(places, ({ place }) => place.volume)
    let held = { parts: 0, bytes: 0 }
    for (const [volume, own] of [...volumes].sort(([a], [b]) => a - b)) {
      const whole = own.reduce((bytes, { size }) => bytes + size, 0)
      if (this.leftover.committed.has(volume)) {
        // What was made anew since is not what stands there.
        if (this.leftover.acknowledged < held.parts + own.length) break
        held = { parts: held.parts + own.length, bytes: held.bytes + whole }
        continue
      }
      const upload = await this.reopen(volume)
      if (!upload) {
        // The last process may have died between completing the volume and noting it.
        const found = this.leftover.tokens.has(volume)
          ? await this.store.stat(own[0]!.place.name, { signal: this.signal })
          : null
        if (found?.size !== whole) break
        this.leftover.committed.add(volume)
        held = { parts: held.parts + own.length, bytes: held.bytes + whole }
        continue
      }
      let bytes = 0
      let parts = 0
      for (const { size } of own) {
        if (held.parts + parts >= this.leftover.acknowledged) break
        if (bytes + size > upload.confirmed.bytes || parts >= (upload.confirmed.parts ?? Infinity)) break
        bytes += size
        parts++
      }
      await upload.rewind({ bytes, parts })
      this.current = { volume, upload, parts, bytes }
      held = { parts: held.parts + parts, bytes: held.bytes + bytes }
      if (parts < own.length) break
    }
    return held
  }

  /** Queues a part. Resolves when the server has acknowledged it or this copy no longer goes on; never rejects. */
  async offer(part: SentPart, place: Place): Promise<void> {
    if (this.state !== 'active' || part.index < this.acknowledged.parts) return
    // A server that had nothing to do has not stood still.
    if (this.offered++ === 0) this.moved()
    const started = this.order.then(() => this.start(part, place))
    this.order = started.then(
      () => {},
      () => {},
    )
    try {
      await (
        await started
      ).acknowledged
    } catch (err) {
      this.fail(err)
    } finally {
      this.offered--
    }
  }

  /** Begins a file that has no part at all: an empty one is a file too. */
  async beginEmpty(place: Place): Promise<void> {
    if (this.state !== 'active') return
    await this.open(place).catch((err: unknown) => this.fail(err))
  }

  /** Completes the last volume, once every part has been offered. */
  async finish(): Promise<void> {
    await this.order
    await Promise.all(this.busy)
    if (this.state !== 'active') return
    try {
      await this.commit()
      this.state = 'done'
    } catch (err) {
      this.fail(err)
    }
  }

  /** Takes this copy out of the read because it holds the others up. What was sent stays, for a copy to complete. */
  async drop(): Promise<void> {
    if (this.state !== 'active') return
    this.state = 'dropped'
    await this.leave('keep')
  }

  /** Stops at once; removes what was sent, or leaves it where a resume finds it. Never throws. */
  async leave(how: 'remove' | 'keep'): Promise<void> {
    this.stop.abort(new EngineError('cancelled', 'server.upload', { subject: this.name }))
    await this.order
    await Promise.allSettled(this.busy)
    const { current } = this
    this.current = null
    await (how === 'remove' ? current?.upload.abort() : current?.upload.detach())?.catch(() => {})
  }

  /** Ends when the part is under way: at most `width` of the store's are at once. */
  private async start(part: SentPart, place: Place): Promise<Started> {
    if (this.state !== 'active') return { acknowledged: Promise.resolve() }
    if (this.current?.volume !== place.volume) {
      await Promise.all(this.busy)
      await this.commit()
      await this.open(place)
    }
    const current = this.current!
    while (this.busy.size >= current.upload.width) await Promise.race(this.busy)
    if (this.state !== 'active') return { acknowledged: Promise.resolve() }
    current.parts = place.index + 1
    current.bytes = place.offset + part.bytes.length
    const transfer: Transfer = { signal: this.signal, gate: () => this.moved() }
    const writing = current.upload
      .write({ index: place.index, offset: place.offset, bytes: part.bytes }, transfer)
      .then(() => this.acknowledge(part.index, part.bytes.length))
      .catch((err: unknown) => this.fail(err))
      .finally(() => this.busy.delete(writing))
    this.busy.add(writing)
    return { acknowledged: writing }
  }

  private async open(place: Place): Promise<void> {
    const upload = await this.store.upload(place.name, { signal: this.signal })
    this.current = { volume: place.volume, upload, parts: 0, bytes: 0 }
    this.leftover.tokens.set(place.volume, { name: place.name, token: upload.token })
    await this.events.opened(place.volume, place.name, upload.token)
  }

  private async reopen(volume: number): Promise<Upload | null> {
    const left = this.leftover.tokens.get(volume)
    if (!left) return null
    try {
      return await this.store.upload(left.name, { resume: left.token, signal: this.signal })
    } catch (err) {
      // The server has forgotten it (uploads expire): this volume begins anew.
      if (err instanceof EngineError && err.code === 'remote.not-found') return null
      throw err
    }
  }

  private async commit(): Promise<void> {
    if (!this.current || this.state !== 'active') return
    const { upload, volume, parts, bytes } = this.current
    await upload.commit({ bytes, parts }, { signal: this.signal })
    this.leftover.committed.add(volume)
    this.current = null
    await this.events.committed(volume)
  }

  private acknowledge(index: number, size: number): void {
    this.moved()
    this.early.set(index, size)
    let { parts, bytes } = this.acknowledged
    for (let next = this.early.get(parts); next !== undefined; next = this.early.get(parts)) {
      this.early.delete(parts)
      parts++
      bytes += next
    }
    this.acknowledged = { parts, bytes }
    this.noteAcknowledged()
  }

  private noteAcknowledged(): void {
    const { parts, bytes } = this.acknowledged
    this.leftover.acknowledged = parts
    this.events.acknowledged(parts, bytes)
  }

  private moved(): void {
    this.lastMove = this.monotonic()
  }

  /** Ends this copy with a failure, unless it has ended already or was told to stop. */
  fail(err: unknown): void {
    if (this.state !== 'active' || (isAbort(err) && this.signal.aborted)) return
    this.state = 'failed'
    this.failure =
      err instanceof EngineError
        ? err
        : new EngineError('internal', 'server.upload', {
            subject: this.name,
            detail: String(err),
            cause: err,
          })
  }
}
