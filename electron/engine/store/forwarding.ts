import type {
  CallOptions,
  ObjectInfo,
  ObjectStore,
  ProbeReport,
  ReadOptions,
  StoreLimits,
  Transfer,
  Upload,
  UploadToken,
  VendorFolder,
  VendorObject,
} from './object-store.ts'
import { EngineError } from '../engine-error.ts'

/** Hands every call on to another store as it came. A decorator extends it and says only what it changes. */
export class ForwardingStore implements ObjectStore {
  protected readonly store: ObjectStore

  constructor(store: ObjectStore) {
    this.store = store
  }

  get about(): string {
    return this.store.about
  }

  get limits(): StoreLimits {
    return this.store.limits
  }

  list(prefix: string, options?: CallOptions): AsyncIterable<ObjectInfo> {
    return this.store.list(prefix, options)
  }

  stat(name: string, options?: CallOptions): Promise<ObjectInfo | null> {
    return this.store.stat(name, options)
  }

  read(
    name: string,
    range: { offset: number; length?: number },
    options?: ReadOptions,
  ): AsyncIterable<Uint8Array> {
    return this.store.read(name, range, options)
  }

  put(name: string, body: Uint8Array, options?: Transfer & { ifAbsent?: boolean }): Promise<void> {
    return this.store.put(name, body, options)
  }

  upload(name: string, options?: CallOptions & { resume?: UploadToken }): Promise<Upload> {
    return this.store.upload(name, options)
  }

  remove(name: string, options?: CallOptions): Promise<void> {
    return this.store.remove(name, options)
  }

  probe(options?: CallOptions): Promise<ProbeReport> {
    return this.store.probe(options)
  }

  async vendorFolder(options?: CallOptions): Promise<string | null> {
    return (await this.store.vendorFolder?.(options)) ?? null
  }

  listVendor(folder: VendorFolder, options?: CallOptions): AsyncIterable<VendorObject> {
    const objects = this.store.listVendor?.(folder, options)
    if (objects) return objects
    throw new EngineError('remote.unsupported', 'server.list', {
      subject: this.about,
      detail: `Drydock cannot look into ${folder}/ on a server of this kind`,
    })
  }

  close(): Promise<void> {
    return this.store.close()
  }
}

/** The same for an upload under way. */
export class ForwardingUpload implements Upload {
  protected readonly inner: Upload

  constructor(inner: Upload) {
    this.inner = inner
  }

  get token(): UploadToken {
    return this.inner.token
  }

  get width(): number {
    return this.inner.width
  }

  get confirmed(): { bytes: number; parts: number | null } {
    return this.inner.confirmed
  }

  rewind(to: { bytes: number; parts: number }): Promise<void> {
    return this.inner.rewind(to)
  }

  write(part: { index: number; offset: number; bytes: Uint8Array }, options?: Transfer): Promise<void> {
    return this.inner.write(part, options)
  }

  commit(total: { bytes: number; parts: number }, options?: CallOptions): Promise<void> {
    return this.inner.commit(total, options)
  }

  abort(): Promise<void> {
    return this.inner.abort()
  }

  detach(): Promise<void> {
    return this.inner.detach()
  }
}
