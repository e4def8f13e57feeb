import { z } from 'zod'
import { backupFile } from '../../../archive/manifest.ts'
import type { BackupFile } from '../../../archive/manifest.ts'
import { entriesName, intentName, manifestName } from '../../../archive/names.ts'
import { EngineError } from '../../../engine-error.ts'
import type { ActiveRun } from '../../../run/index.ts'
import type { ObjectStore, UploadToken } from '../../../store/object-store.ts'

/** What a backup of a Director's components has made durable: enough to take it off the servers again. */
const line = z.discriminatedUnion('components', [
  z.object({ components: z.literal('start'), plan: z.string(), stamp: z.string(), started: z.string() }),
  z.object({
    components: z.literal('open'),
    server: z.string(),
    name: z.string(),
    token: z.record(z.string(), z.union([z.string(), z.number()])),
  }),
  /** The file stands whole under its name. */
  z.object({ components: z.literal('commit'), server: z.string(), name: z.string() }),
  /** Somebody else's file stands under that name. */
  z.object({ components: z.literal('foreign'), server: z.string(), name: z.string() }),
  /** Begun for a `latest` copy that is too large to be put at once. */
  z.object({
    components: z.literal('latest'),
    server: z.string(),
    name: z.string(),
    token: z.record(z.string(), z.union([z.string(), z.number()])),
  }),
  z.object({ components: z.literal('file'), file: backupFile }),
  z.object({ components: z.literal('finishing') }),
  /** All of it stands on this server. */
  z.object({ components: z.literal('done'), server: z.string() }),
  /** Nothing before counts: it was taken off the servers. */
  z.object({ components: z.literal('reset') }),
])
export type ComponentsLine = z.infer<typeof line>

/** What was opened on one server, by the name of the object. */
type Opened = { token: UploadToken; committed: boolean; foreign: boolean }

/** What a backup of components has written so far, here or in an earlier process. */
export class Written {
  plan: string
  /** With its Z. */
  stamp: string
  started: string
  readonly files: BackupFile[] = []
  readonly done = new Set<string>()
  readonly #opened = new Map<string, Map<string, Opened>>()
  readonly #latest: { server: string; name: string; token: UploadToken }[] = []
  readonly #run: ActiveRun

  constructor(run: ActiveRun, start: { plan: string; stamp: string; started: string }) {
    this.#run = run
    this.plan = start.plan
    this.stamp = start.stamp
    this.started = start.started
  }

  /** Resolves when the disk has it. */
  async note(what: ComponentsLine): Promise<void> {
    this.#take(what)
    await this.#run.journal.append(what, { sync: true })
  }

  /** What an earlier process of the run has written; null when there is nothing. */
  static async earlier(run: ActiveRun): Promise<Written | null> {
    let written: Written | null = null
    for await (const raw of run.readJournal()) {
      const { data } = line.safeParse(raw)
      if (data?.components === 'start') written = new Written(run, data)
      else if (data?.components === 'reset') written = null
      else if (data && written) written.#take(data)
    }
    return written
  }

  /**
   * Takes all of it off one server: manifest first, so that it counts no more; what somebody else put under one of the
   * names stays. Never throws: what has to stay is said in the run's log.
   */
  async forget(server: string, store: ObjectStore, signal: AbortSignal): Promise<void> {
    const { plan, stamp } = this
    const remove = (name: string) =>
      store
        .remove(name, { signal })
        .catch((err: unknown) => this.#run.log(`left behind on ${server}: ${name}: ${String(err)}`))
    await remove(manifestName(plan, stamp))
    for (const [name, { token, committed, foreign }] of this.#opened.get(server) ?? []) {
      if (foreign) continue
      const stands = committed || (await this.#giveUp(server, store, { name, token, signal }))
      if (stands) await remove(name)
    }
    for (const { component } of this.files) await remove(entriesName(plan, component, stamp, false))
    await remove(intentName(plan, stamp))
  }

  /** Takes what was begun for `latest` copies and never completed off a server. Never throws. */
  async forgetLatest(server: string, store: ObjectStore, signal: AbortSignal): Promise<void> {
    for (const { name, token } of this.#latest.filter(one => one.server === server))
      await this.#giveUp(server, store, { name, token, signal })
  }

  /** @returns whether the upload had been completed: then the file is there */
  async #giveUp(
    server: string,
    store: ObjectStore,
    { name, token, signal }: { name: string; token: UploadToken; signal: AbortSignal },
  ): Promise<boolean> {
    try {
      const upload = await store.upload(name, { resume: token, signal })
      await upload.abort()
    } catch (err) {
      if (err instanceof EngineError && err.code === 'remote.not-found') return true
      this.#run.log(`left behind on ${server}: an upload of ${name}: ${String(err)}`)
    }
    return false
  }

  #take(what: ComponentsLine): void {
    if (what.components === 'file') this.files.push(what.file)
    else if (what.components === 'done') this.done.add(what.server)
    else if (what.components === 'latest') this.#latest.push(what)
    else if ('name' in what) {
      let opened = this.#opened.get(what.server)
      if (!opened) this.#opened.set(what.server, (opened = new Map<string, Opened>()))
      const known = opened.get(what.name)
      if (what.components === 'open')
        opened.set(what.name, { token: what.token, committed: false, foreign: false })
      else if (known) known[what.components === 'commit' ? 'committed' : 'foreign'] = true
    }
  }
}
