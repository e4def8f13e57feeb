import { execFile } from 'node:child_process'
import { chown, mkdtemp, readdir, rm } from 'node:fs/promises'
import os from 'node:os'
import path from 'node:path'
import { promisify } from 'node:util'
import { freePort } from '../free-port.ts'
import { startDaemon } from './daemon.ts'
import type { Ensured } from './debian.ts'
import { ensureDebianPackages } from './debian.ts'

/** A real PostgreSQL on a free loopback port, in a folder of its own; its superuser needs no password. */
export type Postgres = {
  host: '127.0.0.1'
  port: number
  user: 'postgres'
  /** Where `pg_dump`, `psql` and the others are. */
  bin: string
  /** For them: where the server is. */
  env: { PGHOST: string; PGPORT: string; PGUSER: string }
  /** Runs SQL in a database and answers what `psql -At` prints. */
  sql(database: string, text: string): Promise<string>
  createDatabase(name: string): Promise<void>
  stop(): Promise<void>
}

const exec = promisify(execFile)

export const postgresAvailable = (): Promise<Ensured> => ensureDebianPackages(['postgresql'])

/** Starts a server. `stop` must be called; a process that ends without it takes the server along. */
export async function startPostgres(): Promise<Postgres> {
  const ensured = await postgresAvailable()
  if (!ensured.ok) throw new Error(ensured.why)
  const bin = await newestBin()
  const folder = await mkdtemp(path.join(os.tmpdir(), 'drydock-postgres-'))
  const data = path.join(folder, 'data')
  try {
    // It refuses to be root.
    const owner = process.getuid?.() === 0 ? await idsOf('postgres') : null
    if (owner) await chown(folder, owner.uid, owner.gid)
    const as = owner ? { uid: owner.uid, gid: owner.gid } : {}
    await exec(
      path.join(bin, 'initdb'),
      ['-D', data, '-U', 'postgres', '-A', 'trust', '-E', 'UTF8', '--locale=C', '--no-sync'],
      { cwd: folder, ...as },
    )
    const port = await freePort()
    const settings = [
      ...['-c', `listen_addresses=127.0.0.1`, '-c', `port=${port}`],
      ...['-c', `unix_socket_directories=${folder}`, '-c', 'fsync=off'],
    ]
    const drop = owner ? [`--reuid=${owner.uid}`, `--regid=${owner.gid}`, '--clear-groups'] : []
    const command = path.join(bin, 'postgres')
    const daemon = await startDaemon({
      command: owner ? 'setpriv' : command,
      args: [...(owner ? [...drop, command] : []), '-D', data, ...settings],
      port,
      log: path.join(folder, 'postgres.log'),
      cwd: folder,
    })
    const env = { PGHOST: '127.0.0.1', PGPORT: String(port), PGUSER: 'postgres' }
    const sql = async (database: string, text: string) => {
      const args = ['-X', '-A', '-t', '-v', 'ON_ERROR_STOP=1', '-d', database, '-c', text]
      return (await exec(path.join(bin, 'psql'), args, { env: { ...process.env, ...env } })).stdout.trim()
    }
    // It takes connections a moment before it answers them.
    for (let left = 100; ; left--) {
      try {
        await sql('postgres', 'select 1')
        break
      } catch (err) {
        if (left === 0) throw err
        await new Promise(resolve => setTimeout(resolve, 100))
      }
    }
    return {
      ...{ host: '127.0.0.1', port, user: 'postgres', bin, env, sql },
      createDatabase: async name => {
        await sql('postgres', `create database "${name}"`)
      },
      stop: async () => {
        await daemon.stop()
        await rm(folder, { recursive: true, force: true, maxRetries: 3 })
      },
    }
  } catch (err) {
    await rm(folder, { recursive: true, force: true, maxRetries: 3 })
    throw err
  }
}

async function newestBin(): Promise<string> {
  const root = '/usr/lib/postgresql'
  const [version] = (await readdir(root)).sort((a, b) => Number(b) - Number(a))
  return path.join(root, version ?? '', 'bin')
}

async function idsOf(user: string): Promise<{ uid: number; gid: number }> {
  const id = async (what: string) => Number((await exec('id', [what, user])).stdout)
  return { uid: await id('-u'), gid: await id('-g') }
}
