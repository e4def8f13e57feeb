import { EngineError } from '../../electron/engine/engine-error.ts'
import type {
  CallOptions,
  ObjectInfo,
  ObjectStore,
  ProbeReport,
  StoreLimits,
  ReadOptions,
  Transfer,
  Upload,
  UploadToken,
} from '../../electron/engine/store/object-store.ts'
import { isObjectName, pieceBytes } from '../../electron/engine/store/object-store.ts'
import type { FailureCode } from '../../shared/failure.ts'

export type FakeMethod =
  'list' | 'stat' | 'read' | 'put' | 'upload' | 'rewind' | 'write' | 'commit' | 'abort' | 'remove' | 'probe'

/** One thing that goes wrong, with the next calls of a method. */
export type Fault = {
  code: FailureCode
  /**
   * `before` it does anything; `after` it has done everything (the answer is lost); or once that many bytes (read,
   * put, write) or items (list) went through.
   */
  at?: 'before' | 'after' | number
  /** How many calls it meets; 1 unless told. */
  times?: number
  retryAfterMs?: number
  detail?: string
  /** Only calls about this object. */
  name?: string
}

/** What outlives a process: hand it to the next Fake to play a restart. */
export type FakeDisk = {
  objects: Map<string, Uint8Array>
  uploads: Map<string, { name: string; parts: Map<number, Uint8Array> }>
  nextId: number
}

export type FakeCall = { method: FakeMethod; name: string; bytes?: number; offset?: number; index?: number }

type Held = { method: FakeMethod; name: string | undefined; reached: () => void; open: Promise<void> }

/**
 * An ObjectStore in memory whose faults are scripted and whose calls can be held open. It stands for a server only
 * where a real one cannot be made to fail at the wanted byte; what real servers do is tested with real servers.
 */
export class Fake implements ObjectStore {
  readonly about: string
  readonly limits: StoreLimits
  readonly disk: FakeDisk
  readonly width: number
  readonly calls: FakeCall[] = []
  closed = false
  readonly #faults: (Fault & { method: FakeMethod; left: number })[] = []
  readonly #hangs: { method: FakeMethod; deaf: boolean }[] = []
  readonly #held: Held[] = []
  readonly #piece: number

  constructor(
    options: {
      about?: string
      limits?: Partial<StoreLimits>
      disk?: FakeDisk
      width?: number
      piece?: number
    } = {},
  ) {
    this.about = options.about ?? 'fake://store'
    this.limits = { maxObjectBytes: Infinity, minPartBytes: 1, maxParts: Infinity, ...options.limits }
    this.disk = options.disk ?? { objects: new Map(), uploads: new Map(), nextId: 1 }
    this.width = options.width ?? 2
    this.#piece = options.piece ?? pieceBytes
  }

  get objects(): Map<string, Uint8Array> {
    return this.disk.objects
  }

  /** The next call of `method` fails so. Faults of one method are met in the order they were scripted. */
  fail(method: FakeMethod, fault: Fault): void {
    this.#faults.push({ ...fault, method, left: fault.times ?? 1 })
  }

  /** The next call of `method` never answers; it ends when its signal fires, or not even then when `deaf`. */
  hang(method: FakeMethod, options: { deaf?: boolean } = {}): void {
    this.#hangs.push({ method, deaf: options.deaf ?? false })
  }

  /** Holds every call of `method` before it does anything, until `release`. `reached` resolves with the first. */
  hold(method: FakeMethod, name?: string): { reached: Promise<void>; release: () => void } {
    const reached = Promise.withResolvers<void>()
    const open = Promise.withResolvers<void>()
    const held: Held = { method, name, reached: reached.resolve, open: open.promise }
    this.#held.push(held)
    const release = () => {
      const at = this.#held.indexOf(held)
      if (at >= 0) this.#held.splice(at, 1)
      open.resolve()
    }
    return { reached: reached.promise, release }
  }

  count(method: FakeMethod): number {
    return this.calls.filter(call => call.method === method).length
  }

  async *list(prefix: string, options: CallOptions = {}): AsyncGenerator<ObjectInfo> {
    const fault = await this.begin({ method: 'list', name: prefix }, options.signal)
    let done = 0
    for (const [name, bytes] of [...this.objects]) {
      if (!name.startsWith(prefix)) continue
      if (fault?.at === done) throw broken(fault, 'server.list')
      stopIfAborted(options.signal, 'server.list')
      yield { name, size: bytes.byteLength, modified: null }
      done++
    }
    if (fault) throw broken(fault, 'server.list')
  }

  async stat(name: string, options: CallOptions = {}): Promise<ObjectInfo | null> {
    const fault = await this.begin({ method: 'stat', name }, options.signal)
    if (fault) throw broken(fault, 'server.stat')
    const bytes = this.objects.get(name)
    return bytes ? { name, size: bytes.byteLength, modified: null } : null
  }

  async *read(
    name: string,
    range: { offset: number; length?: number },
    options: ReadOptions = {},
  ): AsyncGenerator<Uint8Array> {
    const { offset, length } = range
    const fault = await this.begin(
      { method: 'read', name, offset, ...(length === undefined ? {} : { bytes: length }) },
      options.signal,
    )
    const whole = this.objects.get(name)
    if (!whole) throw new EngineError('remote.not-found', 'server.read', { subject: name })
    const end = length === undefined ? whole.byteLength : offset + length
    if (end > whole.byteLength || offset > whole.byteLength)
      throw new EngineError('data.missing', 'server.read', { subject: name })
    for (let at = offset; at < end;) {
      const left = typeof fault?.at === 'number' ? offset + fault.at - at : Infinity
      if (fault && left <= 0) throw broken(fault, 'server.read')
      const next = Math.min(at + this.#piece, end, at + left)
      await options.gate?.(next - at)
      stopIfAborted(options.signal, 'server.read')
      const { into } = options
      if (into) into.set(whole.subarray(at, next), at - offset)
      yield into ? into.subarray(at - offset, next - offset) : whole.slice(at, next)
      at = next
    }
    if (fault) throw broken(fault, 'server.read')
  }

  async put(name: string, body: Uint8Array, options: Transfer & { ifAbsent?: boolean } = {}): Promise<void> {
    const fault = await this.begin({ method: 'put', name, bytes: body.byteLength }, options.signal)
    await this.pass(body, fault, 'server.put', options)
    if (options.ifAbsent && this.objects.has(name))
      throw new EngineError('remote.exists', 'server.put', { subject: name })
    this.objects.set(name, copyOf(body))
    if (fault) throw broken(fault, 'server.put')
  }

  async upload(name: string, options: CallOptions & { resume?: UploadToken } = {}): Promise<Upload> {
    const fault = await this.begin({ method: 'upload', name }, options.signal)
    const id = options.resume ? String(options.resume['id']) : `u${this.disk.nextId++}`
    const known = this.disk.uploads.get(id)
    if (options.resume && !known)
      throw new EngineError('remote.not-found', 'server.upload', { subject: name })
    if (!known) this.disk.uploads.set(id, { name, parts: new Map() })
    if (fault) throw broken(fault, 'server.upload')
    return new FakeUpload(this, name, id)
  }

  async remove(name: string, options: CallOptions = {}): Promise<void> {
    const fault = await this.begin({ method: 'remove', name }, options.signal)
    this.objects.delete(name)
    if (fault) throw broken(fault, 'server.remove')
  }

  async probe(options: CallOptions = {}): Promise<ProbeReport> {
    const fault = await this.begin({ method: 'probe', name: '' }, options.signal)
    if (fault) throw broken(fault, 'server.test')
    return { checks: [{ name: 'list', ok: true, level: 'info', detail: 'listed' }], learned: {} }
  }

  async close(): Promise<void> {
    this.closed = true
  }

  /** Notes the call, waits where it is held, hangs, or fails at once; answers a fault that is to come later. */
  async begin(call: FakeCall, signal: AbortSignal | undefined): Promise<Fault | undefined> {
    const during = call.method
    if (call.name !== '' && call.method !== 'list' && !isObjectName(call.name)) {
      throw new EngineError('input.invalid', during, { subject: call.name })
    }
    stopIfAborted(signal, during)
    this.calls.push(call)
    for (const held of this.#held.filter(
      h => h.method === call.method && (h.name ?? call.name) === call.name,
    )) {
      held.reached()
      await orAborted(held.open, signal, during)
    }
    const hang = this.#hangs.find(h => h.method === call.method)
    if (hang) {
      this.#hangs.splice(this.#hangs.indexOf(hang), 1)
      await orAborted(new Promise<never>(() => {}), hang.deaf ? undefined : signal, during)
    }
    const fault = this.#faults.find(
      f => f.method === call.method && f.left > 0 && (f.name ?? call.name) === call.name,
    )
    if (!fault) return undefined
    fault.left--
    if ((fault.at ?? 'before') === 'before') throw broken(fault, during)
    return fault
  }

  /** Moves bytes through the gate, up to where the fault lies. */
  async pass(bytes: Uint8Array, fault: Fault | undefined, during: string, options: Transfer): Promise<void> {
    const end = typeof fault?.at === 'number' ? Math.min(fault.at, bytes.byteLength) : bytes.byteLength
    for (let at = 0; at < end; at += this.#piece) {
      await options.gate?.(Math.min(this.#piece, end - at))
      stopIfAborted(options.signal, during)
    }
    if (fault && typeof fault.at === 'number') throw broken(fault, during)
  }
}

class FakeUpload implements Upload {
  readonly token: UploadToken
  readonly width: number
  readonly confirmed: { bytes: number; parts: number | null }
  readonly #fake: Fake
  readonly #name: string
  readonly #id: string

  constructor(fake: Fake, name: string, id: string) {
    this.#fake = fake
    this.#name = name
    this.#id = id
    this.token = { id }
    this.width = fake.width
    const { parts } = this.#state()
    let count = 0
    let bytes = 0
    for (let part = parts.get(0); part; part = parts.get(++count)) bytes += part.byteLength
    this.confirmed = { bytes, parts: count }
  }

  async rewind(to: { bytes: number; parts: number }): Promise<void> {
    const fault = await this.#fake.begin({ method: 'rewind', name: this.#name }, undefined)
    const { parts } = this.#state()
    for (const index of [...parts.keys()]) if (index >= to.parts) parts.delete(index)
    if (fault) throw broken(fault, 'server.upload')
  }

  async write(
    part: { index: number; offset: number; bytes: Uint8Array },
    options: Transfer = {},
  ): Promise<void> {
    const call: FakeCall = {
      method: 'write',
      name: this.#name,
      index: part.index,
      offset: part.offset,
      bytes: part.bytes.byteLength,
    }
    const fault = await this.#fake.begin(call, options.signal)
    await this.#fake.pass(part.bytes, fault, 'server.upload', options)
    this.#state().parts.set(part.index, copyOf(part.bytes))
    if (fault) throw broken(fault, 'server.upload')
  }

  async commit(total: { bytes: number; parts: number }, options: CallOptions = {}): Promise<void> {
    const fault = await this.#fake.begin(
      { method: 'commit', name: this.#name, bytes: total.bytes },
      options.signal,
    )
    const upload = this.#fake.disk.uploads.get(this.#id)
    const standing = this.#fake.objects.get(this.#name)
    if (!upload && standing?.byteLength === total.bytes) return
    if (standing) throw new EngineError('remote.exists', 'server.commit', { subject: this.#name })
    const parts = this.#state().parts
    const whole = Buffer.concat(
      Array.from({ length: total.parts }, (_, index) => parts.get(index) ?? new Uint8Array()),
    )
    if (whole.byteLength !== total.bytes)
      throw new EngineError('remote.wrong-answer', 'server.commit', { subject: this.#name })
    this.#fake.objects.set(this.#name, whole)
    this.#fake.disk.uploads.delete(this.#id)
    if (fault) throw broken(fault, 'server.commit')
  }

  async abort(): Promise<void> {
    await this.#fake.begin({ method: 'abort', name: this.#name }, undefined).catch(() => {})
    this.#fake.disk.uploads.delete(this.#id)
  }

  async detach(): Promise<void> {}

  #state(): { name: string; parts: Map<number, Uint8Array> } {
    const upload = this.#fake.disk.uploads.get(this.#id)
    if (!upload) throw new EngineError('remote.not-found', 'server.upload', { subject: this.#name })
    return upload
  }
}

/** A Buffer's own `slice` is a view, and callers reuse what they hand in. */
const copyOf = (bytes: Uint8Array): Uint8Array => Uint8Array.prototype.slice.call(bytes)

function broken(fault: Fault, during: string): EngineError {
  return new EngineError(fault.code, during, {
    ...(fault.retryAfterMs === undefined ? {} : { retryAfterMs: fault.retryAfterMs }),
    ...(fault.detail === undefined ? {} : { detail: fault.detail }),
  })
}

function stopIfAborted(signal: AbortSignal | undefined, during: string): void {
  if (signal?.aborted) throw new EngineError('cancelled', during, { cause: signal.reason })
}

async function orAborted<T>(wait: Promise<T>, signal: AbortSignal | undefined, during: string): Promise<T> {
  stopIfAborted(signal, during)
  if (!signal) return wait
  const { promise, reject } = Promise.withResolvers<never>()
  const stop = () => reject(new EngineError('cancelled', during, { cause: signal.reason }))
  signal.addEventListener('abort', stop, { once: true })
  try {
    return await Promise.race([wait, promise])
  } finally {
    signal.removeEventListener('abort', stop)
  }
}
