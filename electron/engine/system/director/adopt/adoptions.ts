import type { z } from 'zod'
import type { Adoption } from '../../../../../shared/contract/site.ts'
import type { AnswerOf, AskedOf } from '../../../../../shared/contract/index.ts'
import { siteContract } from '../../../../../shared/contract/site.ts'
import { EngineError, toFailure } from '../../../engine-error.ts'
import type { RunBody, StartedRun, StoredRun } from '../../../run/index.ts'
import type { ServerRecord } from '../../../store/server-record.ts'
import type { DirectorParts } from '../parts.ts'
import { adopt } from './adopt-body.ts'
import { adoptableFiles } from './adoptable.ts'
import type { Adopted } from './adopted.ts'
import { adoptedOf } from './adopted.ts'
import type { KeptAdoption } from './adoption-book.ts'
import { AdoptionBook } from './adoption-book.ts'
import { objectPrefix, readAdoption } from './document.ts'
import type { Place } from './place.ts'
import { isSamePlace, placeOf, placeWords } from './place.ts'
import { refuseVendors } from './refuse-vendors.ts'

type Request = AskedOf<'adopt.start'>
type Listed = AnswerOf<'adopt.list'>

/** A server gets this long to tell what it holds, ms: others have answered meanwhile. */
const serverMs = 10_000
/** Documents that are read of one server; each is small. */
const mostOnServer = 2_000
const readers = 4

/** Hashes of files that the vendor's own tool made, kept where the vendor's tools do not look. */
export class Adoptions {
  readonly #parts: DirectorParts
  readonly #book: AdoptionBook

  constructor(parts: DirectorParts) {
    this.#parts = parts
    this.#book = new AdoptionBook(parts.home)
  }

  /**
   * Those this machine keeps, and those on the servers that answer; of these a copy is kept from then on.
   * @param server only those of files on this server; null: all
   */
  async list(server: string | null, signal?: AbortSignal): Promise<Listed> {
    const { servers } = this.#parts
    if (server !== null) await servers.get(server)
    const failed = await this.#learn(signal)
    signal?.throwIfAborted()
    const places = await this.#places()
    const nameOf = (where: Place | null) =>
      where && places.find(({ place }) => place && isSamePlace(place, where))?.name
    const adoptions: Adoption[] = []
    const elsewhere: Listed['elsewhere'] = []
    const told = new Set<string>()
    for (const { document, on, object } of await this.#book.all()) {
      const { stamp, at, by, files } = document
      const where = nameOf(document.place)
      const held = nameOf(on.place) ?? on.name
      // A server that was renamed has been found again under its new name.
      if (told.has(`${held}/${object}`)) continue
      told.add(`${held}/${object}`)
      if (where === undefined || where === null) {
        if (server === null) elsewhere.push({ on: held, object, stamp, place: placeWords(document.place) })
      } else if (server === null || where === server)
        adoptions.push({
          ...{ server: where, stamp, point: `vendor@${stamp}`, on: held, object, at, by },
          files: files.map(({ name, size, sha256 }) => ({ name, size, sha256 })),
        })
    }
    return { adoptions: adoptions.reverse(), elsewhere, failed }
  }

  /**
   * What the files of a run on a server are held against. Servers are asked only when this machine knows of no
   * adoption; one that does not answer is left out. @returns null when they were never adopted
   */
  async find(server: string, stamp: string, signal?: AbortSignal): Promise<Adopted | null> {
    const where = await this.#placeOf(await this.#parts.servers.get(server))
    if (!where) return null
    const known = await this.#book.of(where, stamp)
    if (known.length > 0) return adoptedOf(known)
    await this.#learn(signal, stamp)
    return adoptedOf(await this.#book.of(where, stamp))
  }

  /**
   * A run of kind `director-adopt`.
   * @throws EngineError `input.invalid` when `on` is the vendor's, or the files are Drydock's own; `data.missing` when
   *   there are none
   */
  async start(request: Request): Promise<StartedRun> {
    const { servers, start } = this.#parts
    const { server, stamp, on } = parseRequest(request)
    await this.#requirePlace(server)
    await refuseVendors(await servers.open(on), on, undefined)
    await adoptableFiles(await servers.open(server), stamp, undefined)
    const about = `vendor@${stamp} on ${server} → ${on}`
    return await start(
      { kind: 'director-adopt', about, options: { server, stamp, on } },
      this.#body(request),
      {},
    )
  }

  /** Reads everything again: what was read before may have changed. */
  async resume(record: StoredRun): Promise<StartedRun> {
    return await this.#parts.start({ resumeOf: record.id }, this.#body(parseRequest(record.options)), {})
  }

  #body({ server, stamp, on }: Request): RunBody {
    const { servers, version, clock } = this.#parts
    return async run => {
      const place = await this.#requirePlace(server)
      const onPlace = await this.#placeOf(await servers.get(on))
      const adopted = await this.find(server, stamp, run.signal)
      const source = await servers.openFor(run, server, null)
      try {
        const target = await servers.openFor(run, on, null)
        try {
          return await adopt(run, {
            ...{ server, stamp, on, place, source, target, adopted, version, clock },
            keep: (document, object) =>
              this.#book.keep({ document, object, on: { name: on, place: onPlace } }),
          })
        } finally {
          await target.close()
        }
      } finally {
        await source.close()
      }
    }
  }

  /**
   * Keeps copies of what servers hold and this machine does not know, until the signal fires.
   * @returns the servers that did not answer
   */
  async #learn(signal: AbortSignal | undefined, stamp = ''): Promise<Listed['failed']> {
    const failed: Listed['failed'] = []
    const known = new Set((await this.#book.all()).map(({ on, object }) => `${on.name}/${object}`))
    const look = async ({ name, place }: { name: string; place: Place | null }) => {
      const limit = AbortSignal.any([AbortSignal.timeout(serverMs), ...(signal ? [signal] : [])])
      try {
        for (const one of await this.#on(name, `${objectPrefix}${stamp}`, known, limit))
          await this.#book.keep({ ...one, on: { name, place } })
      } catch (err) {
        const late = limit.aborted
        failed.push({
          server: name,
          failure: toFailure(
            late
              ? new EngineError('network.stalled', 'adopt.list', {
                  subject: name,
                  detail: 'no answer in time',
                })
              : err,
            'adopt.list',
          ),
        })
      }
    }
    await Promise.all((await this.#places()).map(look))
    return failed
  }

  async #on(
    server: string,
    prefix: string,
    known: ReadonlySet<string>,
    signal: AbortSignal,
  ): Promise<Omit<KeptAdoption, 'on'>[]> {
    const store = await this.#parts.servers.open(server)
    const fresh: { name: string; size: number }[] = []
    for await (const { name, size } of store.list(prefix, { signal })) {
      if (known.has(`${server}/${name}`)) continue
      fresh.push({ name, size })
      if (fresh.length === mostOnServer) break
    }
    const found: Omit<KeptAdoption, 'on'>[] = []
    const read = async () => {
      for (let one = fresh.pop(); one; one = fresh.pop()) {
        const document = await readAdoption(store, one, signal)
        if (document) found.push({ document, object: one.name })
      }
    }
    await Promise.all(Array.from({ length: readers }, read))
    return found
  }

  async #places(): Promise<{ name: string; place: Place | null }[]> {
    const { records } = await this.#parts.servers.list()
    return await Promise.all(
      records.map(async record => ({ name: record.name, place: await this.#placeOf(record) })),
    )
  }

  async #placeOf(record: ServerRecord): Promise<Place | null> {
    return await placeOf(record, one => this.#parts.servers.secretsOf(one))
  }

  /** @throws EngineError `input.invalid` for a server that another laptop could not tell from others */
  async #requirePlace(server: string): Promise<Place> {
    const where = await this.#placeOf(await this.#parts.servers.get(server))
    if (where) return where
    throw new EngineError('input.invalid', 'adopt.start', {
      subject: server,
      detail: 'nobody could tell later whose files these were: give the server its account name',
    })
  }
}

const requestShape = siteContract['adopt.start'].input

function parseRequest(raw: unknown): z.infer<typeof requestShape> {
  const parsed = requestShape.safeParse(raw)
  if (parsed.success) return parsed.data
  const issue = parsed.error.issues[0]
  throw new EngineError('input.invalid', 'adopt.start', {
    subject: issue?.path.map(String).join('.') || 'request',
    detail: issue?.message ?? 'unknown shape',
  })
}
