import { createHash, randomBytes } from 'node:crypto'
import { join } from 'node:path'
import { Worker } from 'node:worker_threads'
import type { PointEntry } from '../../../shared/contract/point.ts'
import type { DecryptWith } from '../archive/age/key.ts'
import { fetchEntryList } from '../archive/entry-list-reader.ts'
import type { RawPath } from '../archive/raw-path.ts'
import { rawToDisplay, rawToText } from '../archive/raw-path.ts'
import { EngineError } from '../engine-error.ts'
import type { Servers } from '../servers.ts'
import { workerLimits, workerUrl } from '../worker-url.ts'
import type { Children, EntrySource, Found, FromBrowseWorker, Question } from './browse-messages.ts'
import type { TreeEntry } from './browse-tree.ts'
import { openPoint } from './open-point.ts'
import { parsePoint } from '../archive/names.ts'
import { vendorEntry } from './vendor-point.ts'

/** Which point, on which server, and what opens it. */
export type Browsed = {
  point: string
  server: string
  secret?: DecryptWith | undefined
  signal?: AbortSignal | undefined
}

type Waiting = { resolve: (answer: FromBrowseWorker) => void; reject: (err: unknown) => void }
/** A point whose manifest was read, for as long as an operator walks about in it. */
type Opened = { at: number; source: Omit<EntrySource, 'secret'>; encrypted: boolean; identity: string }

/** Nobody has looked for this long: the trees are let go, ms. */
const idleMs = 5 * 60_000
/** A point may be purged and its name be there again: what a server says of it holds this long, ms. */
const openedMs = 60_000
const mostOpened = 16

/**
 * Looks into points: the children of a folder, entries by name. A point's entry list is read once, into a compact tree
 * in a thread of its own that keeps the last few; nothing of it is kept on disk that was encrypted.
 */
export class PointBrowser {
  private readonly servers: Servers
  private readonly cache: string
  private readonly salt = randomBytes(32)
  private readonly opened = new Map<string, Opened>()
  private readonly waiting = new Map<number, Waiting>()
  private worker: Worker | null = null
  private idle: NodeJS.Timeout | undefined
  private next = 0

  constructor(servers: Servers, home: string) {
    this.servers = servers
    this.cache = join(home, 'cache')
  }

  /**
   * The entries directly in a folder (`''`: the top), folders first, by name.
   * @throws EngineError `input.invalid` when there is no such folder; `auth.passphrase`, `auth.secret-missing`
   */
  async children(
    of: Browsed,
    folder: RawPath,
    { from, limit }: { from: number; limit: number },
  ): Promise<{ entries: PointEntry[]; total: number }> {
    const answer = await this.ask(of, { is: 'children', folder, from, limit })
    const { children } = answer as { children: Children | null }
    if (!children)
      throw new EngineError('input.invalid', 'point.browse', {
        subject: rawToDisplay(folder),
        detail: `there is no such folder in ${of.point}`,
      })
    return { entries: children.entries.map(shown), total: children.total }
  }

  /** Entries that fit what was typed, see `textMatcher`; those whose name fits first. */
  async find(of: Browsed, text: string, limit: number): Promise<{ entries: PointEntry[]; more: boolean }> {
    const { found } = (await this.ask(of, { is: 'find', text, limit })) as { found: Found }
    return { entries: found.entries.map(shown), more: found.more }
  }

  private async ask(of: Browsed, question: Question): Promise<FromBrowseWorker & { ok: true }> {
    const { source, encrypted, identity } = await this.open(of)
    const secret = encrypted ? (of.secret ?? {}) : undefined
    if (encrypted && !secret?.passphrase && !secret?.identity)
      throw new EngineError('auth.secret-missing', 'point.browse', {
        subject: of.point,
        detail: 'it is encrypted: a passphrase or an identity is needed',
      })
    // Another secret is another key: a tree that the right one opened is not shown to who has a wrong one.
    const key = createHash('sha256')
      .update(this.salt)
      .update(JSON.stringify([identity, secret?.passphrase ?? null, secret?.identity ?? null]))
      .digest('base64')
    of.signal?.throwIfAborted()
    const answer = await this.send(key, { ...source, secret }, question, of.signal)
    if (answer.ok) return answer
    const { code, during, subject, detail } = answer.failure
    throw new EngineError(code, during, {
      ...(subject === undefined ? {} : { subject }),
      ...(detail === undefined ? {} : { detail }),
    })
  }

  private async open({ point, server, signal }: Browsed): Promise<Opened> {
    const at = Date.now()
    const key = `${server}/${point}`
    const known = this.opened.get(key)
    if (known && at - known.at < openedMs) return known
    const options = { server, ...(signal ? { signal } : {}) }
    const { manifest, vendor = [] } = await openPoint(this.servers, parsePoint(point), options)
    const store = await this.servers.open(server)
    const lists = []
    for (const file of manifest.files)
      lists.push({ local: await fetchEntryList(store, file, this.cache, signal), file })
    const identity = JSON.stringify([
      manifest.files.map(({ entries }) => entries.sha256),
      vendor.length === 0 ? null : [key, vendor.map(({ name, size, modified }) => [name, size, modified])],
    ])
    const opened: Opened = {
      at,
      source: { lists, vendor: vendor.map(vendorEntry) },
      encrypted: manifest.encryption !== null,
      identity,
    }
    this.opened.delete(key)
    this.opened.set(key, opened)
    for (const old of this.opened.keys()) if (this.opened.size > mostOpened) this.opened.delete(old)
    return opened
  }

  private async send(
    key: string,
    source: EntrySource,
    question: Question,
    signal: AbortSignal | undefined,
  ): Promise<FromBrowseWorker> {
    const worker = this.start()
    const id = this.next++
    clearTimeout(this.idle)
    worker.ref()
    const stop = () => this.waiting.get(id)?.reject(signal?.reason)
    signal?.addEventListener('abort', stop, { once: true })
    try {
      return await new Promise<FromBrowseWorker>((resolve, reject) => {
        this.waiting.set(id, { resolve, reject })
        worker.postMessage({ id, key, source, question })
      })
    } finally {
      signal?.removeEventListener('abort', stop)
      this.waiting.delete(id)
      if (this.waiting.size === 0) this.rest()
    }
  }

  private start(): Worker {
    if (this.worker) return this.worker
    const worker = new Worker(workerUrl('./browse-worker.ts', import.meta.url), {
      resourceLimits: workerLimits,
    })
    worker.on('message', (answer: FromBrowseWorker) => this.waiting.get(answer.id)?.resolve(answer))
    worker.once('error', err => this.lost(worker, err))
    worker.once('exit', () => this.lost(worker, new Error('the thread has ended')))
    return (this.worker = worker)
  }

  private lost(worker: Worker, cause: unknown): void {
    if (this.worker === worker) this.worker = null
    const failure = new EngineError('internal', 'point.browse', {
      detail: 'the entries could not be held',
      cause,
    })
    for (const { reject } of this.waiting.values()) reject(failure)
  }

  private rest(): void {
    this.worker?.unref()
    this.idle = setTimeout(() => {
      void this.worker?.terminate()
      this.worker = null
    }, idleMs).unref()
  }
}

/** An entry as pages get it. */
export function shown({ path, kind, size, mtime, mode, link, inside }: TreeEntry): PointEntry {
  const text = rawToText(path)
  return {
    path: text ?? rawToDisplay(path),
    ...(text === null ? { pathBase64: Buffer.from(path, 'latin1').toString('base64') } : {}),
    kind: pageKinds[kind],
    size,
    mtime: mtime === null || Math.abs(mtime) > 8.64e15 ? null : new Date(mtime).toISOString(),
    mode: mode.toString(8).padStart(4, '0'),
    ...(link === undefined ? {} : { target: rawToText(link) ?? rawToDisplay(link) }),
    ...(inside ? { inside } : {}),
  }
}

const pageKinds = {
  file: 'file',
  folder: 'directory',
  symlink: 'symlink',
  hardlink: 'hardlink',
  fifo: 'other',
  'char-device': 'other',
  'block-device': 'other',
} as const
