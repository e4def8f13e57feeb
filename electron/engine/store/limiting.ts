import type {
  CallOptions,
  ObjectInfo,
  ObjectStore,
  ProbeReport,
  StoreLimits,
  Transfer,
  Upload,
  UploadToken,
} from './object-store.ts'
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

class LimitingStore implements ObjectStore {
  readonly #store: ObjectStore
  readonly #limiter: RateLimiter

  constructor(store: ObjectStore, limiter: RateLimiter) {
    this.#store = store
    this.#limiter = limiter
  }

  get about(): string {
    return this.#store.about
  }

  get limits(): StoreLimits {
    return this.#store.limits
  }

  list(prefix: string, options?: CallOptions): AsyncIterable<ObjectInfo> {
    return this.#store.list(prefix, options)
  }

  stat(name: string, options?: CallOptions): Promise<ObjectInfo | null> {
    return this.#store.stat(name, options)
  }

  read(
    name: string,
    range: { offset: number; length?: number },
    options: Transfer = {},
  ): AsyncIterable<Uint8Array> {
    const waiting = beat(options)
    return new Tapped(this.#store.read(name, range, options), piece =>
      this.#limiter.take(piece.byteLength, options.signal, waiting),
    )
  }

  put(name: string, body: Uint8Array, options: Transfer & { ifAbsent?: boolean } = {}): Promise<void> {
    return this.#store.put(name, body, { ...options, gate: limitedGate(this.#limiter, options) })
  }

  async upload(name: string, options?: CallOptions & { resume?: UploadToken }): Promise<Upload> {
    return new LimitedUpload(await this.#store.upload(name, options), this.#limiter)
  }

  remove(name: string, options?: CallOptions): Promise<void> {
    return this.#store.remove(name, options)
  }

  probe(options?: CallOptions): Promise<ProbeReport> {
    return this.#store.probe(options)
  }

  close(): Promise<void> {
    return this.#store.close()
  }
}

class LimitedUpload implements Upload {
  readonly #upload: Upload
  readonly #limiter: RateLimiter

  constructor(upload: Upload, limiter: RateLimiter) {
    this.#upload = upload
    this.#limiter = limiter
  }

  get token(): UploadToken {
    return this.#upload.token
  }

  get width(): number {
    return this.#upload.width
  }

  get confirmed(): { bytes: number; parts: number | null } {
    return this.#upload.confirmed
  }

  rewind(to: { bytes: number; parts: number }): Promise<void> {
    return this.#upload.rewind(to)
  }

  write(part: { index: number; offset: number; bytes: Uint8Array }, options: Transfer = {}): Promise<void> {
    return this.#upload.write(part, { ...options, gate: limitedGate(this.#limiter, options) })
  }

  commit(total: { bytes: number; parts: number }, options?: CallOptions): Promise<void> {
    return this.#upload.commit(total, options)
  }

  abort(): Promise<void> {
    return this.#upload.abort()
  }

  detach(): Promise<void> {
    return this.#upload.detach()
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
