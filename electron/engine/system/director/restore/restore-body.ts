import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { z } from 'zod'
import type { DirectorPreflight } from '../../../../../shared/contract/director.ts'
import type { Deployment } from '../../../../../shared/director.ts'
import { EngineError } from '../../../engine-error.ts'
import type { Clock } from '../../../ports.ts'
import type { ActiveRun, RunBody } from '../../../run/index.ts'
import type { Servers } from '../../../servers.ts'
import { preflightOf, preflightFile } from './run-files.ts'
import { writeFileAtomically } from '../../../state/atomic-file.ts'
import type { Vault } from '../../../vault/index.ts'
import type { RestoreAnswers } from '../answers.ts'
import { fetchAnswers, filesToServe, restoredPoints } from '../files/index.ts'
import type { Host } from '../host/host.ts'
import { serveFiles, stopServing } from '../job/serve-files.ts'
import type { Request } from './restore-director.ts'
import { restoreDirector } from './restore-director.ts'

export type RestoreBodyDeps = {
  request: Request
  deployment: Deployment
  /** Kept beside the run for its report; null when it was kept already. */
  preflight: Omit<DirectorPreflight, 'token'> | null
  servers: Servers
  vault: Vault
  clock: Clock
  who: string
  mask: (text: string) => string
  learn: (secret: unknown) => void
  openHost: () => Promise<Host>
  /** Writes the edits of the request; answers what the old files are called now. */
  write: (host: Host) => Promise<string[]>
  /** Copies the present configuration to a server; only called when one was chosen. */
  safetyCopy: (run: ActiveRun, host: Host) => Promise<void>
}

/** Where the files are served for this run, in its folder; whatever the vault holds is masked wherever it is said. */
const servedFile = 'served.json'
const served = z.object({ address: z.string(), port: z.int(), user: z.string() })
/** What opens them; in the vault until the run ends. */
const servedSecret = z.object({ password: z.string() })
type Served = z.infer<typeof served> & z.infer<typeof servedSecret>

/** The work of a Director restore as a run. */
export function restoreBody(deps: RestoreBodyDeps): RunBody {
  const { request, vault } = deps
  return async run => {
    const key = `run:${run.id}`
    if (deps.preflight)
      await writeFileAtomically(join(run.folder, preflightFile), JSON.stringify(deps.preflight))
    const result = await restoreDirector(run, request, {
      ...deps,
      safetyCopy: host => deps.safetyCopy(run, host),
      answers: (host, started) =>
        request.fetch === 'served' ? serve(run, host, started, deps) : direct(run, deps),
      tidy: async host => {
        if (request.fetch === 'served') await stopServing(host, run.id)
        await vault.remove(key)
      },
    })
    return { outcome: { ...(result.outcome as object), points: await pointsOf(run, deps) } }
  }
}

/** Looked up when all has ended: that it cannot be told changes nothing about the restore; it then proves nothing. */
async function pointsOf(run: ActiveRun, { request, servers }: RestoreBodyDeps): Promise<string[]> {
  try {
    const signal = AbortSignal.any([run.signal, AbortSignal.timeout(30_000)])
    const { files } = await preflightOf(run.folder)
    const hashes = new Map(files.map(({ name, sha256 }) => [name, sha256]))
    return await restoredPoints(await servers.open(request.server), request.stamp, hashes, signal)
  } catch (err) {
    run.log(`which restore point the files are cannot be told: ${String(err)}`)
    return []
  }
}

/** From the server's own record, each time anew. Gone meanwhile: the operator is asked instead. */
async function direct(
  run: ActiveRun,
  { request, servers, learn }: RestoreBodyDeps,
): Promise<RestoreAnswers | null> {
  try {
    const record = await servers.get(request.server)
    const secrets = await servers.secretsOf(record)
    learn(secrets)
    const found = fetchAnswers(record, secrets)
    if ('answers' in found) return found.answers
    throw new EngineError('input.invalid', 'director.restore', {
      subject: request.server,
      detail: found.notDirect,
    })
  } catch (err) {
    if (!run.resumed) throw err
    run.log(`what setup.sh is told cannot be had any more, so it asks here: ${String(err)}`)
    return null
  }
}

/** Copies the five files to the deployment host and serves them there, or finds that they are served. */
async function serve(
  run: ActiveRun,
  host: Host,
  started: boolean,
  deps: RestoreBodyDeps,
): Promise<RestoreAnswers | null> {
  const { request, vault, servers } = deps
  const key = `run:${run.id}`
  const shown = await preflightOf(run.folder)
  const hosts = shown.hosts.flatMap(({ ip, erased }) => (erased ? [ip] : []))
  const hashes = new Map(shown.files.map(({ name, sha256 }) => [name, sha256]))
  let at = await servedFor(run.folder, await vault.get(key))
  // Serving again would end what the script is fetching from: it asks the operator instead.
  if (!at && started) return null
  if (!at) {
    const store = await servers.openFor(run, request.server, null)
    try {
      const files = await filesToServe(store, request.stamp, hashes, run.signal)
      const total = files.reduce((sum, { size }) => sum + size, 0)
      const sent = new Map<string, number>()
      const { address, port, user, password } = await serveFiles(host, {
        id: run.id,
        files,
        allow: hosts,
        bind: request.serveOn,
        job: run.id,
        signal: run.signal,
        onSent: (name, bytes) => {
          sent.set(name, bytes)
          run.progress({ bytes: [...sent.values()].reduce((sum, one) => sum + one, 0), total })
        },
      })
      at = { address, port, user, password }
    } finally {
      await store.close()
    }
    const { password, ...place } = at
    await writeFileAtomically(join(run.folder, servedFile), JSON.stringify(place))
    await vault.set(key, JSON.stringify({ password }))
  }
  deps.learn(at.password)
  const { address, port, user, password } = at
  return { type: 'FTP', ftpType: 'ftp', host: address, port, user, password, dir: '.' }
}

/** What an earlier process left of serving for this run; null when it did not come to that. */
async function servedFor(folder: string, kept: string | null): Promise<Served | null> {
  if (kept === null) return null
  const place = served.parse(JSON.parse(await readFile(join(folder, servedFile), 'utf8')))
  return { ...place, ...servedSecret.parse(JSON.parse(kept)) }
}
