import { isAbort } from '../engine-error.ts'
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

class MeteringStore extends ForwardingStore {
  readonly #meter: Meter

  constructor(store: ObjectStore, meter: Meter) {
    super(store)
    this.#meter = meter
  }

  override list(prefix: string, options?: CallOptions): AsyncIterable<ObjectInfo> {
    return counted(this.#meter, super.list(prefix, options), () => undefined)
  }

  override stat(name: string, options?: CallOptions): Promise<ObjectInfo | null> {
    return count(this.#meter, super.stat(name, options))
  }

  override read(
    name: string,
    range: { offset: number; length?: number },
    options?: ReadOptions,
  ): AsyncIterable<Uint8Array> {
    return counted(this.#meter, super.read(name, range, options), piece => {
      this.#meter.received += piece.byteLength
      return undefined
    })
  }

  override async put(
    name: string,
    body: Uint8Array,
    options?: Transfer & { ifAbsent?: boolean },
  ): Promise<void> {
    await count(this.#meter, super.put(name, body, options))
    this.#meter.sent += body.byteLength
  }

  override async upload(name: string, options?: CallOptions & { resume?: UploadToken }): Promise<Upload> {
    return new MeteredUpload(await count(this.#meter, super.upload(name, options)), this.#meter)
  }

  override remove(name: string, options?: CallOptions): Promise<void> {
    return count(this.#meter, super.remove(name, options))
  }

  override probe(options?: CallOptions): Promise<ProbeReport> {
    return count(this.#meter, super.probe(options))
  }
}

class MeteredUpload extends ForwardingUpload {
  readonly #meter: Meter

  constructor(upload: Upload, meter: Meter) {
    super(upload)
    this.#meter = meter
  }

  override rewind(to: { bytes: number; parts: number }): Promise<void> {
    return count(this.#meter, super.rewind(to))
  }

  override async write(
    part: { index: number; offset: number; bytes: Uint8Array },
    options?: Transfer,
  ): Promise<void> {
    await count(this.#meter, super.write(part, options))
    this.#meter.sent += part.bytes.byteLength
  }

  override commit(total: { bytes: number; parts: number }, options?: CallOptions): Promise<void> {
    return count(this.#meter, super.commit(total, options))
  }

  override abort(): Promise<void> {
    return count(this.#meter, super.abort())
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
