import { hostname, userInfo } from 'node:os'
import type { z } from 'zod'
import type {
  DirectorLine,
  DirectorPreflight,
  DirectorState,
  FileDiff,
} from '../../../../shared/contract/director.ts'
import { directorRequest } from '../../../../shared/contract/director.ts'
import type { AnswerOf } from '../../../../shared/contract/index.ts'
import type { Deployment, DeploymentEdits } from '../../../../shared/director.ts'
import type { DirectorMode } from '../../../../shared/director-files.ts'
import { drivesScript, runDeeds } from '../../../../shared/run.ts'
import type { AnalyticsOptions } from '../../backup/options.ts'
import { EngineError } from '../../engine-error.ts'
import type { Clock, Log } from '../../ports.ts'
import { PreflightTokens } from '../../restore/preflight-tokens.ts'
import type {
  ActiveRun,
  RunBody,
  RunDeps,
  RunRegistry,
  RunRequest,
  StartedRun,
  StoredRun,
} from '../../run/index.ts'
import type { Servers } from '../../servers.ts'
import type { SshContext } from '../../ssh/ssh-target.ts'
import type { UnlockableStatus, Vault } from '../../vault/index.ts'
import type { DirectorBackupOptions } from './backup/index.ts'
import { DirectorBackups } from './backup/index.ts'
import type { Editing } from './deployment/index.ts'
import { deploymentView, editedDeployment, readDeployment, writeDeployment } from './deployment/index.ts'
import { readTerminal } from './dialog/terminal-log.ts'
import { AnalyticsSource, requireAnalytics, safetyCopy } from './components/index.ts'
import { Adoptions } from './adopt/adoptions.ts'
import { Deployments } from './deployments.ts'
import { Drafts } from './drafts.ts'
import { listDirectorPoints, notDirect } from './files/index.ts'
import type { DirectorPreflightDeps } from './preflight/index.ts'
import { directorPreflight, seenNow } from './preflight/index.ts'
import type { RestoreBodyDeps } from './restore/restore-body.ts'
import { restoreBody } from './restore/restore-body.ts'
import type { DirectorParts } from './parts.ts'
import type { Request } from './restore/restore-director.ts'
import type { KeptPreflight } from './restore/run-files.ts'
import { readAfterwards, writeAfterwards } from './restore/run-files.ts'
import { scriptRun } from './script/script-run.ts'
import { firstState, readState } from './script/state-file.ts'
import { writeEdits } from './script/write-edits.ts'
import { Sites } from './site/sites.ts'
import { Switches } from './switch/switches.ts'

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

const mostPreflights = 16
const noPause = 'setup.sh cannot be paused: stopping it halfway leaves the Director half restored'

/** Everything about Directors: their deployment folders, their backup files, and restoring them. */
export class Directors {
  readonly deployments: Deployments
  readonly drafts: Drafts
  readonly sites: Sites
  readonly adoptions: Adoptions
  readonly switches: Switches
  readonly #backups: DirectorBackups
  readonly #options: DirectorsOptions
  readonly #tokens: PreflightTokens
  /** What was shown with each token. */
  readonly #preflights = new Map<string, DirectorPreflight>()

  constructor(options: DirectorsOptions) {
    this.#options = options
    const { home, vault, servers, clock, version, start, learn = () => {} } = options
    const { env, log, confirmHostKey } = options
    const ssh = { env, log, confirmHostKey }
    const refuseUsed = (name: string, during: string) => this.#refuseUsed(name, during)
    this.deployments = new Deployments({ home, vault, ssh, learn, refuseUsed })
    this.drafts = new Drafts(vault)
    this.#backups = new DirectorBackups({
      ...{ home, servers, clock, version, start, learn, ssh },
      open: deployment => this.deployments.open(deployment),
      deploymentOf: name => this.deployments.book.get(name),
    })
    const { runs, mask = (text: string) => text, vaultStatus } = options
    const parts: DirectorParts = {
      ...{ home, version, clock, log, vault, servers, runs, mask, learn, vaultStatus, start },
      ...{ deployments: this.deployments, drafts: this.drafts },
    }
    this.sites = new Sites(parts)
    this.adoptions = new Adoptions(parts)
    this.switches = new Switches(parts)
    this.#tokens = new PreflightTokens(() => options.clock.monotonic())
  }

  async read(name: string, signal?: AbortSignal): Promise<AnswerOf<'director.read'>> {
    return await this.deployments.on(name, async (host, { place }) =>
      deploymentView(await readDeployment(host, place.folder, signal)),
    )
  }

  /** What edits would make of the two files, and what is wrong with that. */
  async preview(
    name: string,
    { edits, mode }: { edits: DeploymentEdits; mode: DirectorMode | null },
    signal?: AbortSignal,
  ): Promise<AnswerOf<'director.preview'>> {
    return await this.deployments.on(name, async (host, { place }) => {
      const read = await readDeployment(host, place.folder, signal)
      const { verdict, problems, diffs } = await editedDeployment(read, edits, this.#editing(mode))
      return { verdict, problems, diffs }
    })
  }

  /** Writes edits; the old files stay beside the new ones. */
  async write(name: string, edits: DeploymentEdits, signal?: AbortSignal): Promise<FileDiff[]> {
    const diffs = await this.deployments.on(name, async (host, { place }) => {
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
      const deployment = await this.deployments.book.get(request.deployment)
      const hosts = preflight.hosts.flatMap(({ name, erased }) => (erased ? [name] : []))
      const { token: _, ...kept } = preflight
      const body = restoreBody(this.#restoreDeps(request, deployment, kept))
      const about = `Director ${request.stamp} from ${request.server} → ${hosts.join(', ')}`
      const asked = { kind: 'director-restore', about, options: request } as const
      return await this.#options.start(asked, body, scriptRun(noPause))
    } catch (err) {
      giveBack()
      throw err
    }
  }

  /** Backs up the first enabled host of a deployment's `master.yml`. @throws EngineError as `DirectorBackups.start` */
  async startBackup(options: DirectorBackupOptions): Promise<StartedRun> {
    return await this.#backups.start(options)
  }

  /** The analytics data of a day, as the Director prints it; whoever asked closes it. */
  analytics(run: ActiveRun, { deployment, day }: AnalyticsOptions): AnalyticsSource {
    const { clock, learn = () => {} } = this.#options
    return new AnalyticsSource({
      ...{ day, clock, learn, ssh: this.deployments.ssh },
      deployment: () => this.deployments.book.get(deployment),
      open: record => this.deployments.open(record),
      log: line => run.log(line),
    })
  }

  /** @throws EngineError `input.invalid` when no command prints the analytics data of a deployment's Director */
  async requireAnalytics(name: string): Promise<void> {
    requireAnalytics(await this.deployments.book.get(name))
  }

  /** Attaches to the script of an interrupted restore again, or goes on where it had not begun; or a backup begins anew. */
  async resume(record: StoredRun): Promise<StartedRun> {
    if (record.kind === 'director-backup') return await this.#backups.resume(record)
    if (record.kind === 'director-adopt') return await this.adoptions.resume(record)
    if (record.kind === 'director-switch') return await this.switches.resume(record)
    const request = parseRequest(record.options)
    const deployment = await this.deployments.book.get(request.deployment)
    const body = restoreBody(this.#restoreDeps(request, deployment, null))
    return await this.#options.start({ resumeOf: record.id }, body, scriptRun(noPause))
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

  async #refuseUsed(name: string, during: string): Promise<void> {
    await this.switches.refuseUsed(name, during)
    const { records } = await this.#options.runs.list()
    const open = records.find(
      ({ kind, state, options }) =>
        drivesScript(kind) &&
        !['succeeded', 'failed', 'cancelled'].includes(state) &&
        (options as { deployment?: unknown } | null)?.deployment === name,
    )
    if (open)
      throw new EngineError('run.conflict', during, {
        subject: name,
        detail: `its ${runDeeds[open.kind]} ${open.id} has not ended`,
      })
  }

  #editing(mode: DirectorMode | null): Editing {
    return { mode, secretOf: id => this.drafts.get(id), now: this.#options.clock.now() }
  }

  async #preflightDeps(name: string): Promise<DirectorPreflightDeps> {
    const { servers, runs, clock, vaultStatus } = this.#options
    const deployment = await this.deployments.book.get(name)
    const draft = (id: string) => this.drafts.get(id)
    const openHost = () => this.deployments.open(deployment)
    const adopted: DirectorPreflightDeps['adopted'] = (server, stamp, signal) =>
      this.adoptions.find(server, stamp, signal)
    const { ssh } = this.deployments
    return { deployment, openHost, servers, draft, runs, ssh, clock, adopted, vaultStatus }
  }

  #restoreDeps(request: Request, deployment: Deployment, preflight: KeptPreflight | null): RestoreBodyDeps {
    const { servers, vault, clock, mask = text => text, learn = () => {} } = this.#options
    const { folder } = deployment.place
    const { drafts } = this
    return {
      ...{ request, deployment, preflight, servers, vault, clock, mask, learn },
      who: `${userInfo().username}@${hostname()}`,
      openHost: () => this.deployments.open(deployment),
      write: host =>
        writeEdits(host, { folder, edits: request.edits, mode: request.mode }, { drafts, learn, clock }),
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
            ...{ deployment, clock, learn, deploymentHost: host, ssh: this.deployments.ssh },
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
    if (drivesScript(record.kind)) return runs.folderOf(record.id)
    throw new EngineError('input.invalid', 'director.state', {
      subject: runId,
      detail: 'the run drives no script of a Director',
    })
  }
}

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
