import { mkdir, readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { describe, expect, it, onTestFinished } from 'vitest'
import { ForwardingStore } from '../../../electron/engine/store/forwarding.ts'
import type { ObjectStore } from '../../../electron/engine/store/object-store.ts'
import { LocalStore } from '../../../electron/engine/store/local/local-store.ts'
import { directorComponents, directorFileName } from '../../../shared/director-files.ts'
import type { DirectorComponent } from '../../../shared/director-files.ts'
import { startComponents } from '../../support/director/component-run.ts'
import { directorTools, quick } from '../../support/director/component-tools.ts'
import { localMachine, until } from '../../support/director-host.ts'
import { objectsIn, openTestEngine, problemsOf } from '../../support/engine.ts'
import { tempFolder } from '../../support/temp-folder.ts'

const stamp = '20260326T131502'
const clock = { now: () => Date.parse('2026-03-26T13:15:02.500Z'), monotonic: () => performance.now() }
const before = 'of the run before'
const point = `director@${stamp}Z`

/** A folder on this disk, with one call that waits to be let go: a real disk is too fast to be cancelled in the middle. */
class Gated extends ForwardingStore {
  readonly reached: Promise<void>
  readonly open: () => void
  readonly #at: { method: string; name: string }
  readonly #reach: () => void
  readonly #opened: Promise<void>

  constructor(store: ObjectStore, at: { method: 'put' | 'upload' | 'read'; name: string }) {
    super(store)
    this.#at = at
    const reached = Promise.withResolvers<void>()
    const opened = Promise.withResolvers<void>()
    ;[this.reached, this.#reach] = [reached.promise, reached.resolve]
    ;[this.#opened, this.open] = [opened.promise, opened.resolve]
  }

  async #gate(method: string, name: string): Promise<void> {
    if (method !== this.#at.method || name !== this.#at.name) return
    this.#reach()
    await this.#opened
  }

  override async put(...words: Parameters<ObjectStore['put']>): Promise<void> {
    await this.#gate('put', words[0])
    await super.put(...words)
  }

  override async upload(...words: Parameters<ObjectStore['upload']>) {
    await this.#gate('upload', words[0])
    return await super.upload(...words)
  }

  override async *read(...words: Parameters<ObjectStore['read']>) {
    await this.#gate('read', words[0])
    yield* super.read(...words)
  }
}

type Gate = ConstructorParameters<typeof Gated>[1]

/** Two servers with copies of an earlier run, of which one call each can be held. */
async function setUp(gates: Record<string, Gate>) {
  const machine = await localMachine()
  onTestFinished(() => machine.stop())
  const host = await machine.open()
  const opened = await openTestEngine()
  const commands = await directorTools(await tempFolder(), null)
  const folders: Record<string, string> = {}
  const stores: Record<string, Gated> = {}
  for (const [name, gate] of Object.entries(gates)) {
    const path = (folders[name] = join(opened.root, name))
    await mkdir(path)
    for (const one of directorComponents) await writeFile(join(path, directorFileName(one, 'latest')), before)
    const record = { type: 'local' as const, name, path, added: new Date().toISOString(), learned: {} }
    stores[name] = new Gated(new LocalStore(record), gate)
  }
  const more = Object.entries(stores).map(([name, store]) => ({ name, store }))
  const job = { host, commands, servers: [], more, clock }
  /** Of which run the five copies are. */
  const copiesOf = async (folder: string) => {
    const file = (one: DirectorComponent, when: string) => readFile(join(folder, directorFileName(one, when)))
    const all = directorComponents.map(async one => {
      const copy = await file(one, 'latest')
      return copy.toString() === before ? 'before' : copy.equals(await file(one, stamp)) ? 'this' : 'neither'
    })
    return [...new Set(await Promise.all(all))]
  }
  const logOf = (id: string) => readFile(join(opened.home, 'runs', id, 'log.txt'), 'utf8')
  return { opened, folders, stores, job, commands, copiesOf, logOf }
}

const latest = (component: DirectorComponent) => directorFileName(component, 'latest')

describe('a cancel of a backup of components', () => {
  it('lets the copies of a server be finished that has begun, leaves those of another, and says both', async () => {
    const { opened, folders, stores, job, copiesOf, logOf } = await setUp({
      a: { method: 'put', name: latest('elk') },
      b: { method: 'read', name: directorFileName('elk', stamp) },
    })
    const run = await startComponents(opened, job)
    await Promise.all([stores['a']!.reached, stores['b']!.reached])
    run.stop('operator')
    stores['a']!.open()
    stores['b']!.open()
    const record = await run.done
    expect(record).toMatchObject({ state: 'cancelled', cancelledBy: 'operator', problems: 1 })
    expect(await copiesOf(folders['a']!)).toEqual(['this'])
    expect(await copiesOf(folders['b']!)).toEqual(['before'])
    expect(await logOf(record.id)).toContain(`all five copies are of ${point}, which is whole and stays`)
    expect(await problemsOf(record, opened.home)).toMatchObject([
      {
        ...{ code: 'latest.not-replaced', subject: 'b' },
        detail: expect.stringContaining(`those of the run before; ${point} is whole and stays`) as string,
      },
    ])
    for (const folder of Object.values(folders)) expect((await objectsIn(folder)).length).toBe(16)
  })

  it('lets a large copy be finished too, and tells beforehand how many are new when that takes long', async () => {
    const { opened, folders, stores, job, commands, copiesOf } = await setUp({
      a: { method: 'upload', name: latest('elk') },
    })
    const files = await tempFolder()
    const elk = {
      command: `head -c 17825792 /dev/urandom > ${files}/x; tar -C ${files} -cf - x | gzip -1`,
      ...quick,
    }
    const run = await startComponents(opened, { ...job, commands: { ...commands, elk }, hurryMs: 20 })
    await stores['a']!.reached
    run.stop('operator')
    const told = async () => problemsOf(await opened.engine.runs.get(run.id), opened.home)
    await until(async () => (await told()).length > 0)
    expect((await told())[0]?.detail).toMatch(
      /so far 2 copies are of this run, elk_latest_dump.tar.gz is not there and 2 of the run before/,
    )
    stores['a']!.open()
    expect(await run.done).toMatchObject({ state: 'cancelled', problems: 1 })
    expect(await copiesOf(folders['a']!)).toEqual(['this'])
  })

  it('keeps what is whole on one server, and takes off another what is not', async () => {
    const manifest = `director_${stamp}Z.manifest.json`
    const { opened, folders, stores, job, copiesOf, logOf } = await setUp({
      a: { method: 'put', name: 'nothing' },
      b: { method: 'put', name: manifest },
    })
    const run = await startComponents(opened, job)
    const journal = join(opened.home, 'runs', run.id, 'journal.jsonl')
    await stores['b']!.reached
    await until(async () => (await readFile(journal, 'utf8')).includes('"components":"done"'))
    run.stop('operator')
    stores['b']!.open()
    const record = await run.done
    expect(record).toMatchObject({ state: 'cancelled' })
    expect((await objectsIn(folders['a']!)).length).toBe(16)
    expect(await copiesOf(folders['a']!)).toEqual(['before'])
    expect(await objectsIn(folders['b']!)).toEqual(directorComponents.map(latest).sort())
    expect(await logOf(record.id)).toContain(`${point} is whole on a and stays there`)
  })
})
