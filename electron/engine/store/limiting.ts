import { ForwardingStore, ForwardingUpload } from './forwarding.ts'
import type { CallOptions, ObjectStore, ReadOptions, Transfer, Upload, UploadToken } from './object-store.ts'
import type { RateLimiter } from './rate-limiter.ts'
import { Tapped } from './tapped.ts'

/**
 * Holds transfers to the rate of `limiter`: what is sent waits at the gate before each piece, what is read waits
 * after each piece and so slows the sender down. While it waits, the caller's gate hears of 0 bytes once a second:
 * waiting for a limit is no stall.
 */
export function limiting(store: ObjectStore, limiter: RateLimiter): ObjectStore {
  return new LimitingStore(store, limiter)
}

class LimitingStore extends ForwardingStore {
  readonly #limiter: RateLimiter

  constructor(store: ObjectStore, limiter: RateLimiter) {
    super(store)
    this.#limiter = limiter
  }

  override read(
    name: string,
    range: { offset: number; length?: number },
    options: ReadOptions = {},
  ): AsyncIterable<Uint8Array> {
    const waiting = beat(options)
    return new Tapped(super.read(name, range, options), piece =>
      this.#limiter.take(piece.byteLength, options.signal, waiting),
    )
  }

  override put(
    name: string,
    body: Uint8Array,
    options: Transfer & { ifAbsent?: boolean } = {},
  ): Promise<void> {
    return super.put(name, body, { ...options, gate: limitedGate(this.#limiter, options) })
  }

  override async upload(name: string, options?: CallOptions & { resume?: UploadToken }): Promise<Upload> {
    return new LimitedUpload(await super.upload(name, options), this.#limiter)
  }
}

class LimitedUpload extends ForwardingUpload {
  readonly #limiter: RateLimiter

  constructor(upload: Upload, limiter: RateLimiter) {
    super(upload)
    this.#limiter = limiter
  }

  override write(
    part: { index: number; offset: number; bytes: Uint8Array },
    options: Transfer = {},
  ): Promise<void> {
    return super.write(part, { ...options, gate: limitedGate(this.#limiter, options) })
  }
}

function limitedGate(limiter: RateLimiter, options: Transfer): (bytes: number) => Promise<void> | void {
  return bytes => {
    const wait = limiter.take(bytes, options.signal, beat(options))
    // Without a limit nothing is awaited here: a full-speed transfer pays no turn of the event loop per piece.
    if (!wait) return options.gate?.(bytes)
    return wait.then(() => options.gate?.(bytes))
  }
}

/** Whoever watches may hold the transfer there; what becomes of that shows at the next real piece. */
function beat(options: Transfer): () => void {
  return () => {
    const held = options.gate?.(0)
    if (held instanceof Promise) held.catch(() => {})
  }
}
