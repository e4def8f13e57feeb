import { hostname, userInfo } from 'node:os'
import { z } from 'zod'
import type {
  DirectorLine,
  DirectorPreflight,
  DirectorState,
  FileDiff,
} from '../../../../shared/contract/director.ts'
import { directorRequest } from '../../../../shared/contract/director.ts'
import type { AnswerOf } from '../../../../shared/contract/index.ts'
import type { Deployment, DeploymentEdits, DirectorMode } from '../../../../shared/director.ts'
import { EngineError } from '../../engine-error.ts'
import type { Clock, Log } from '../../ports.ts'
import { PreflightTokens } from '../../restore/preflight-tokens.ts'
import type { RunBody, RunDeps, RunRegistry, RunRequest, StartedRun, StoredRun } from '../../run/index.ts'
import type { Servers } from '../../servers.ts'
import type { SshContext } from '../../ssh/ssh-target.ts'
import type { UnlockableStatus, Vault } from '../../vault/index.ts'
import type { DirectorBackupOptions } from './backup/index.ts'
import { DirectorBackups } from './backup/index.ts'
import type { Editing } from './deployment/index.ts'
import {
  DeploymentBook,
  deploymentView,
  editedDeployment,
  masterSecrets,
  readDeployment,
  writeDeployment,
} from './deployment/index.ts'
import { readTerminal } from './dialog/terminal-log.ts'
import { safetyCopy } from './components/index.ts'
import { Drafts } from './drafts.ts'
import { listDirectorPoints, notDirect } from './files/index.ts'
import type { Host } from './host/host.ts'
import { openHost } from './host/open-host.ts'
import type { DirectorPreflightDeps } from './preflight/index.ts'
import { directorPreflight, seenNow } from './preflight/index.ts'
import type { RestoreBodyDeps } from './restore/restore-body.ts'
import { restoreBody } from './restore/restore-body.ts'
import type { Request } from './restore/restore-director.ts'
import type { KeptPreflight } from './restore/run-files.ts'
import { readAfterwards, writeAfterwards } from './restore/run-files.ts'
import { firstState, readState } from './restore/state-file.ts'

export type DeploymentSecrets = {
  password?: string | undefined
  privateKey?: string | undefined
  keyPassphrase?: string | undefined
}

export type DirectorsOptions = {
  home: string
  version: string
  env: Readonly<Record<string, string | undefined>>
  vault: Vault
  clock: Clock
  log: Log
  servers: Servers
  runs: RunRegistry
  mask?: ((text: string) => string) | undefined
  learn?: ((secret: unknown) => void) | undefined
  confirmHostKey?: SshContext['confirmHostKey']
  vaultStatus: () => Promise<Pick<UnlockableStatus, 'state' | 'tier'>>
  start: (request: RunRequest, body: RunBody, own: Partial<RunDeps>) => Promise<StartedRun>
}

/** Ctrl-C, the script's own end, and what it started: it gets longer than other runs, ms. */
const cleanupMs = 10 * 60_000
const mostPreflights = 16
const noPause = 'setup.sh cannot be paused: stopping it halfway leaves the Director half restored'

/** Everything about Directors: their deployment folders, their backup files, and restoring them. */
export class Directors {
  readonly book: DeploymentBook
  readonly drafts: Drafts
  readonly #backups: DirectorBackups
  readonly #options: DirectorsOptions
  readonly #tokens: PreflightTokens
  /** What was shown with each token. */
  readonly #preflights = new Map<string, DirectorPreflight>()

  constructor(options: DirectorsOptions) {
    this.#options = options
    this.book = new DeploymentBook(options.home)
    this.drafts = new Drafts(options.vault)
    const { home, servers, clock, version, start, learn = () => {} } = options
    this.#backups = new DirectorBackups({
      ...{ home, servers, clock, version, start, learn, ssh: this.#ssh() },
      open: deployment => this.#open(deployment),
      deploymentOf: name => this.book.get(name),
    })
    this.#tokens = new PreflightTokens(() => options.clock.monotonic())
  }

  /** Whether the vault holds what opens its host; null while it is locked. */
  async hasSecrets({ name, place }: Deployment): Promise<boolean | null> {
    if (place.kind === 'local') return false
    try {
      return (await this.#options.vault.get(keyOf(name))) !== null
    } catch (err) {
      if (err instanceof EngineError) return null
      throw err
    }
  }

  /** @throws EngineError when it is unknown, or the vault that may hold what opens its host is locked */
  async requireOpenable(name: string): Promise<void> {
    const { place } = await this.book.get(name)
    // Only whether it can be read: a host may do without a secret.
    if (place.kind === 'ssh') await this.#options.vault.get(keyOf(name))
  }

  /** Adds a deployment folder, or replaces one. @param options.secrets null keeps those there are */
  async save(
    record: Deployment,
    { replaces, secrets }: { replaces: Deployment | null; secrets: DeploymentSecrets | null },
  ): Promise<void> {
    const { vault } = this.#options
    if (replaces && replaces.name !== record.name) await this.#refuseRestoring(replaces.name, 'director.save')
    const kept = replaces && secrets === null ? await vault.get(keyOf(replaces.name)) : null
    const text = secrets === null ? kept : JSON.stringify(secrets)
    if (text !== null && record.place.kind === 'ssh') await vault.set(keyOf(record.name), text)
    if (replaces) await this.book.replace(record, replaces.name)
    else await this.book.add(record)
    if (replaces && replaces.name !== record.name) await vault.remove(keyOf(replaces.name))
  }

  /** Forgets it. @throws EngineError `run.conflict` while a restore of it has not ended: it could not be attached to */
  async remove(name: string): Promise<void> {
    const { place } = await this.book.get(name)
    await this.#refuseRestoring(name, 'director.remove')
    if (place.kind === 'ssh') await this.#options.vault.remove(keyOf(name))
    await this.book.remove(name)
  }

  async read(name: string, signal?: AbortSignal): Promise<AnswerOf<'director.read'>> {
    return await this.#on(name, async (host, { place }) =>
      deploymentView(await readDeployment(host, place.folder, signal)),
    )
  }

  /** What edits would make of the two files, and what is wrong with that. */
  async preview(
    name: string,
    { edits, mode }: { edits: DeploymentEdits; mode: DirectorMode | null },
    signal?: AbortSignal,
  ): Promise<AnswerOf<'director.preview'>> {
    return await this.#on(name, async (host, { place }) => {
      const read = await readDeployment(host, place.folder, signal)
      const { verdict, problems, diffs } = await editedDeployment(read, edits, this.#editing(mode))
      return { verdict, problems, diffs }
    })
  }

  /** Writes edits; the old files stay beside the new ones. */
  async write(name: string, edits: DeploymentEdits, signal?: AbortSignal): Promise<FileDiff[]> {
    const diffs = await this.#on(name, async (host, { place }) => {
      const read = await readDeployment(host, place.folder, signal)
      const edited = await editedDeployment(read, edits, this.#editing(null))
      await writeDeployment(host, place.folder, { read, edited, signal })
      return edited.diffs
    })
    await this.drafts.forget(draftsOf(edits))
    return diffs
  }

  /** The runs whose files are on a server. Nothing is written there. */
  async points(
    server: string,
    options: { deep: boolean; stamp?: string },
    signal?: AbortSignal,
  ): Promise<AnswerOf<'director.points'>> {
    const record = await this.#options.servers.get(server)
    const store = await this.#options.servers.open(server)
    const found = await listDirectorPoints(store, options, signal)
    return { ...found, notDirect: notDirect(record, await this.#options.servers.secretsOf(record)) }
  }

  /** Checks everything a restore needs; `told` gets each line as soon as it is known. */
  async preflight(
    raw: z.input<typeof directorRequest>,
    { signal, told }: { signal: AbortSignal; told: (line: DirectorLine) => void },
  ): Promise<DirectorPreflight> {
    const request = parseRequest(raw)
    const { seen, ...shown } = await directorPreflight(
      await this.#preflightDeps(request.deployment),
      request,
      {
        signal,
        told,
      },
    )
    const token = this.#tokens.issue(request, { good: shown.verdict !== 'NO-GO', seen, target: null })
    const preflight = { ...shown, token }
    this.#preflights.set(token, preflight)
    for (const old of this.#preflights.keys())
      if (this.#preflights.size > mostPreflights) this.#preflights.delete(old)
    return preflight
  }

  /**
   * Starts what a preflight found good.
   * @throws EngineError `run.conflict` when something has changed since, `input.invalid` for a wrong name
   */
  async start(
    raw: z.input<typeof directorRequest>,
    { token, typed }: { token: string; typed: readonly string[] },
    signal?: AbortSignal,
  ): Promise<StartedRun> {
    const request = parseRequest(raw)
    const { seen, giveBack } = this.#tokens.take(token, request)
    try {
      const preflight = this.#preflights.get(token)
      const names = preflight?.confirm ?? []
      if (!preflight || names.length !== typed.length || names.some((name, n) => name !== typed[n]))
        throw new EngineError('input.invalid', 'director.start', {
          subject: 'typed',
          detail: `the names to type are ${names.join(', ')}`,
        })
      if ((await seenNow(await this.#preflightDeps(request.deployment), request, signal)) !== seen)
        throw new EngineError('run.conflict', 'director.start', {
          subject: request.deployment,
          detail: 'the files, the folder or the hosts have changed since the preflight: check again',
        })
      const deployment = await this.book.get(request.deployment)
      const hosts = preflight.hosts.flatMap(({ name, erased }) => (erased ? [name] : []))
      const { token: _, ...kept } = preflight
      const body = restoreBody(this.#restoreDeps(request, deployment, kept))
      const about = `Director ${request.stamp} from ${request.server} → ${hosts.join(', ')}`
      return await this.#options.start({ kind: 'director-restore', about, options: request }, body, {
        noPause,
        cleanupMs,
        outlives: true,
      })
    } catch (err) {
      giveBack()
      throw err
    }
  }

  /** Backs up the first enabled host of a deployment's `master.yml`. @throws EngineError as `DirectorBackups.start` */
  async startBackup(options: DirectorBackupOptions): Promise<StartedRun> {
    return await this.#backups.start(options)
  }

  /** Attaches to the script of an interrupted restore again, or goes on where it had not begun; or a backup begins anew. */
  async resume(record: StoredRun): Promise<StartedRun> {
    if (record.kind === 'director-backup') return await this.#backups.resume(record)
    const request = parseRequest(record.options)
    const deployment = await this.book.get(request.deployment)
    const body = restoreBody(this.#restoreDeps(request, deployment, null))
    return await this.#options.start({ resumeOf: record.id }, body, { noPause, cleanupMs, outlives: true })
  }

  async state(runId: string): Promise<DirectorState> {
    const folder = await this.#folderOf(runId)
    const state = (await readState(folder)) ?? firstState('not known yet')
    return { ...state, afterwards: await readAfterwards(folder) }
  }

  async terminal(runId: string, from: number): Promise<AnswerOf<'director.terminal'>> {
    return await readTerminal(await this.#folderOf(runId), from, 256 * 1024)
  }

  /** Keeps what the operator saw on the pages, beside the run; the last word counts. */
  async afterwards(runId: string, checks: DirectorState['afterwards']): Promise<void> {
    await writeAfterwards(await this.#folderOf(runId), checks)
  }

  async #refuseRestoring(name: string, during: string): Promise<void> {
    const { records } = await this.#options.runs.list()
    const open = records.find(
      ({ kind, state, options }) =>
        kind === 'director-restore' &&
        !['succeeded', 'failed', 'cancelled'].includes(state) &&
        (options as { deployment?: unknown } | null)?.deployment === name,
    )
    if (open)
      throw new EngineError('run.conflict', during, {
        subject: name,
        detail: `its restore ${open.id} has not ended`,
      })
  }

  async #on<T>(name: string, work: (host: Host, deployment: Deployment) => Promise<T>): Promise<T> {
    const deployment = await this.book.get(name)
    const host = await this.#open(deployment)
    try {
      return await work(host, deployment)
    } finally {
      await host.close()
    }
  }

  async #open({ name, place }: Deployment): Promise<Host> {
    const text = place.kind === 'ssh' ? await this.#options.vault.get(keyOf(name)) : null
    const secrets = text === null ? null : secretsShape.parse(JSON.parse(text))
    this.#options.learn?.(secrets)
    return await openHost(place, secrets, this.#ssh())
  }

  #ssh(): SshContext {
    const { env, log, confirmHostKey } = this.#options
    return { env, log, confirmHostKey }
  }

  #editing(mode: DirectorMode | null): Editing {
    return { mode, secretOf: id => this.drafts.get(id), now: this.#options.clock.now() }
  }

  async #preflightDeps(name: string): Promise<DirectorPreflightDeps> {
    const { servers, runs, clock, vaultStatus } = this.#options
    const deployment = await this.book.get(name)
    const draft = (id: string) => this.drafts.get(id)
    const openHost = () => this.#open(deployment)
    return { deployment, openHost, servers, draft, runs, ssh: this.#ssh(), clock, vaultStatus }
  }

  #restoreDeps(request: Request, deployment: Deployment, preflight: KeptPreflight | null): RestoreBodyDeps {
    const { servers, vault, clock, mask = text => text, learn = () => {} } = this.#options
    const { folder } = deployment.place
    return {
      ...{ request, deployment, preflight, servers, vault, clock, mask, learn },
      who: `${userInfo().username}@${hostname()}`,
      openHost: () => this.#open(deployment),
      write: async host => {
        const read = await readDeployment(host, folder)
        const edited = await editedDeployment(read, request.edits, this.#editing(request.mode))
        learn(masterSecrets(edited.texts['master.yml'] ?? ''))
        const kept = await writeDeployment(host, folder, { read, edited })
        await this.drafts.forget(draftsOf(request.edits))
        return kept
      },
      safetyCopy: async (run, host) => {
        const server = request.safetyCopy
        if (server === null) return
        const edited = await editedDeployment(
          await readDeployment(host, folder),
          request.edits,
          this.#editing(request.mode),
        )
        const store = await servers.openFor(run, server, null)
        try {
          await safetyCopy(run, {
            ...{ deployment, clock, learn, deploymentHost: host, ssh: this.#ssh() },
            ...{ master: edited.texts['master.yml'], server: { name: server, store } },
            version: this.#options.version,
          })
        } finally {
          await store.close()
        }
      },
    }
  }

  /** @throws EngineError `run.unknown`, `input.invalid` for a run of another kind */
  async #folderOf(runId: string): Promise<string> {
    const { runs } = this.#options
    const record = await runs.get(runId)
    if (record.kind === 'director-restore') return runs.folderOf(record.id)
    throw new EngineError('input.invalid', 'director.state', {
      subject: runId,
      detail: 'the run is no Director restore',
    })
  }
}

const secretsShape = z.object({
  password: z.string().optional(),
  privateKey: z.string().optional(),
  keyPassphrase: z.string().optional(),
})

const keyOf = (name: string): string => `deployment:${name}`

const draftsOf = (edits: DeploymentEdits): string[] =>
  edits.master.flatMap(edit => (edit.op === 'secret' ? [edit.draft] : []))

function parseRequest(raw: unknown): Request {
  const parsed = directorRequest.safeParse(raw)
  if (parsed.success) return parsed.data
  const issue = parsed.error.issues[0]
  throw new EngineError('input.invalid', 'director.start', {
    subject: issue?.path.map(String).join('.') ?? 'request',
    detail: issue?.message ?? 'unknown shape',
  })
}
