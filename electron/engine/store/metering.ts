import { isAbort } from '../engine-error.ts'
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
import { Tapped } from './tapped.ts'

/** What went through one or several stores. Counters only grow. */
export class Meter {
  /** Bytes of parts and objects that a server has acknowledged. A part that failed counts nothing. */
  sent = 0
  /** Bytes of objects that have arrived. */
  received = 0
  /** Calls of a store; one call may be several requests on the wire. */
  requests = 0
  /** Calls that failed, save those that were cancelled. */
  errors = 0
}

/** Counts in `meter` what passes through `store`. */
export function metering(store: ObjectStore, meter: Meter): ObjectStore {
  return new MeteringStore(store, meter)
}

class MeteringStore implements ObjectStore {
  readonly #store: ObjectStore
  readonly #meter: Meter

  constructor(store: ObjectStore, meter: Meter) {
    this.#store = store
    this.#meter = meter
  }

  get about(): string {
    return this.#store.about
  }

  get limits(): StoreLimits {
    return this.#store.limits
  }

  list(prefix: string, options?: CallOptions): AsyncIterable<ObjectInfo> {
    return counted(this.#meter, this.#store.list(prefix, options), () => undefined)
  }

  stat(name: string, options?: CallOptions): Promise<ObjectInfo | null> {
    return count(this.#meter, this.#store.stat(name, options))
  }

  read(
    name: string,
    range: { offset: number; length?: number },
    options?: Transfer,
  ): AsyncIterable<Uint8Array> {
    return counted(this.#meter, this.#store.read(name, range, options), piece => {
      this.#meter.received += piece.byteLength
      return undefined
    })
  }

  async put(name: string, body: Uint8Array, options?: Transfer & { ifAbsent?: boolean }): Promise<void> {
    await count(this.#meter, this.#store.put(name, body, options))
    this.#meter.sent += body.byteLength
  }

  async upload(name: string, options?: CallOptions & { resume?: UploadToken }): Promise<Upload> {
    return new MeteredUpload(await count(this.#meter, this.#store.upload(name, options)), this.#meter)
  }

  remove(name: string, options?: CallOptions): Promise<void> {
    return count(this.#meter, this.#store.remove(name, options))
  }

  probe(options?: CallOptions): Promise<ProbeReport> {
    return count(this.#meter, this.#store.probe(options))
  }

  close(): Promise<void> {
    return this.#store.close()
  }
}

class MeteredUpload implements Upload {
  readonly #upload: Upload
  readonly #meter: Meter

  constructor(upload: Upload, meter: Meter) {
    this.#upload = upload
    this.#meter = meter
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
    return count(this.#meter, this.#upload.rewind(to))
  }

  async write(part: { index: number; offset: number; bytes: Uint8Array }, options?: Transfer): Promise<void> {
    await count(this.#meter, this.#upload.write(part, options))
    this.#meter.sent += part.bytes.byteLength
  }

  commit(total: { bytes: number; parts: number }, options?: CallOptions): Promise<void> {
    return count(this.#meter, this.#upload.commit(total, options))
  }

  abort(): Promise<void> {
    return count(this.#meter, this.#upload.abort())
  }

  detach(): Promise<void> {
    return this.#upload.detach()
  }
}

async function count<T>(meter: Meter, call: Promise<T>): Promise<T> {
  meter.requests++
  try {
    return await call
  } catch (err) {
    countError(meter, err)
    throw err
  }
}

function counted<T>(meter: Meter, items: AsyncIterable<T>, tally: (item: T) => undefined): AsyncIterable<T> {
  meter.requests++
  return new Tapped(items, tally, err => countError(meter, err))
}

function countError(meter: Meter, err: unknown): void {
  if (!isAbort(err)) meter.errors++
}
