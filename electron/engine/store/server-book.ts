import { join } from 'node:path'
import { EngineError } from '../engine-error.ts'
import { writeFileAtomically } from '../state/atomic-file.ts'
import { readListFile } from '../state/list-file.ts'
import { acquireLock } from '../state/lock-file.ts'
import type { ServerRecord } from './server-record.ts'
import { serverRecord } from './server-record.ts'
import { makeFolders } from '../state/make-folders.ts'

/** An entry of the book that this version cannot read; it is kept as it stands. */
export type UnreadableServer = { name: string; detail: string }

/** The servers the operator has added, in the order of adding: `servers.json` in the state folder, without secrets. */
export class ServerBook {
  private readonly home: string

  constructor(home: string) {
    this.home = home
  }

  async list(): Promise<{ records: ServerRecord[]; unreadable: UnreadableServer[] }> {
    const records: ServerRecord[] = []
    const unreadable: UnreadableServer[] = []
    for (const raw of await this.read()) {
      const parsed = serverRecord.safeParse(raw)
      if (parsed.success) records.push(parsed.data)
      else unreadable.push({ name: nameOf(raw), detail: parsed.error.issues[0]?.message ?? 'unknown shape' })
    }
    return { records, unreadable }
  }

  /** @throws EngineError `input.invalid` for a name nobody added */
  async get(name: string): Promise<ServerRecord> {
    const { records, unreadable } = await this.list()
    const found = records.find(record => record.name === name)
    if (found) return found
    const broken = unreadable.find(one => one.name === name)
    if (broken)
      throw new EngineError('data.format', 'server.get', {
        subject: name,
        detail: `its record cannot be read: ${broken.detail}`,
      })
    const known = records.map(record => record.name).join(', ')
    throw new EngineError('input.invalid', 'server.get', {
      subject: name,
      detail: known ? `no such server; there are ${known}` : 'no server has been added yet',
    })
  }

  /** @throws EngineError `input.invalid` when the name is taken */
  async add(record: ServerRecord): Promise<void> {
    await this.change(servers => {
      if (servers.some(raw => nameOf(raw) === record.name)) throw taken(record.name)
      return [...servers, record]
    })
  }

  /**
   * Replaces the record of this name, keeping its place in the order. @param named the name it had, when it gets another
   * @throws EngineError `input.invalid` when the new name is taken
   */
  async replace(record: ServerRecord, named = record.name): Promise<void> {
    await this.change(servers => {
      if (named !== record.name && servers.some(raw => nameOf(raw) === record.name)) throw taken(record.name)
      return servers.map(raw => (nameOf(raw) === named ? record : raw))
    })
  }

  async remove(name: string): Promise<void> {
    await this.change(servers => servers.filter(raw => nameOf(raw) !== name))
  }

  private async change(edit: (servers: unknown[]) => unknown[]): Promise<void> {
    makeFolders(this.home, 0o700)
    const lock = await acquireLock(join(this.home, 'servers.lock'), {
      waitMs: 10_000,
      subject: 'servers.json',
    })
    try {
      const servers = edit(await this.read())
      await writeFileAtomically(this.file, `${JSON.stringify({ drydockServers: 1, servers }, null, 2)}\n`)
    } finally {
      await lock.release()
    }
  }

  private get file(): string {
    return join(this.home, 'servers.json')
  }

  private async read(): Promise<unknown[]> {
    return await readListFile(this.home, 'servers', 'server.list')
  }
}

const taken = (name: string) =>
  new EngineError('input.invalid', 'server.add', {
    subject: name,
    detail: 'a server of this name exists; server edit changes it',
  })

const nameOf = (raw: unknown): string =>
  typeof raw === 'object' && raw !== null && typeof (raw as { name?: unknown }).name === 'string'
    ? (raw as { name: string }).name
    : ''
