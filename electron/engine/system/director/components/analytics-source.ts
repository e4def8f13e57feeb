import type { Deployment } from '../../../../../shared/director.ts'
import type { AnalyticsOutput } from '../../../backup/backup-run.ts'
import { EngineError } from '../../../engine-error.ts'
import type { Clock } from '../../../ports.ts'
import type { SourceBlock } from '../../../source/source.ts'
import type { SshContext } from '../../../ssh/ssh-target.ts'
import { readDeployment } from '../deployment/index.ts'
import type { Host } from '../host/host.ts'
import { reachDirector } from './director-host.ts'
import { HostSource } from './host-source.ts'
import { OutputForm } from './output-form.ts'

export type AnalyticsSourceOptions = {
  /** Asked when it begins. */
  deployment: () => Promise<Deployment>
  /** Opens the machine that the deployment folder lies on. */
  open: (deployment: Deployment) => Promise<Host>
  /** `YYYY-MM-DD`, UTC. */
  day: string
  ssh: SshContext
  clock: Clock
  learn: (secret: unknown) => void
  log: (line: string) => void
}

const during = 'director.analytics'

/**
 * The analytics data of one day, as a command on the Director prints it: the first enabled host of `master.yml`. The
 * command finds the day in `DRYDOCK_DAY`. What it prints is not judged, only that it prints something and ends well.
 */
export class AnalyticsSource implements AnalyticsOutput {
  readonly layout = 'stream'
  readonly #options: AnalyticsSourceOptions
  readonly #form = new OutputForm()
  readonly #stop = new AbortController()
  readonly #hosts: Host[] = []
  #blocks: AsyncGenerator<SourceBlock> | null = null
  #first: SourceBlock | null = null

  constructor(options: AnalyticsSourceOptions) {
    this.#options = options
  }

  /** Waits for the first block, or the end of what is shorter: what fails at once leaves no trace on any server. */
  async begin(signal: AbortSignal): Promise<string> {
    const { clock, day, log } = this.#options
    const deployment = await this.#options.deployment()
    const command = requireAnalytics(deployment)
    const { host, label } = await this.#reach(deployment, signal)
    log(`analytics of ${day} from ${label}`)
    const source = new HostSource({
      ...{ host, command, clock, env: { DRYDOCK_DAY: day }, title: 'Analytics' },
      fileName: () => `analytics.${this.#form.extension}`,
      check: () => this.#form,
      say: line => log(`analytics: ${line}`),
    })
    this.#blocks = source.blocks({ signal: AbortSignal.any([signal, this.#stop.signal]) })
    const first = await this.#blocks.next()
    this.#first = first.done ? null : first.value
    return this.#form.extension
  }

  async *blocks({ signal }: { signal: AbortSignal }): AsyncGenerator<SourceBlock> {
    const end = () => this.#stop.abort(signal.reason)
    signal.addEventListener('abort', end, { once: true })
    try {
      if (signal.aborted) end()
      const first = this.#first
      this.#first = null
      if (first) yield first
      if (this.#blocks) yield* this.#blocks
    } finally {
      signal.removeEventListener('abort', end)
    }
  }

  async estimate(): Promise<null> {
    return null
  }

  async close(): Promise<void> {
    this.#stop.abort(new EngineError('cancelled', during))
    await this.#blocks?.return(undefined).catch(() => {})
    await Promise.allSettled(this.#hosts.map(host => host.close()))
  }

  async #reach(deployment: Deployment, signal: AbortSignal): Promise<{ host: Host; label: string }> {
    const { open, ssh, learn } = this.#options
    const from = await open(deployment)
    this.#hosts.push(from)
    const { texts } = await readDeployment(from, deployment.place.folder, signal)
    const master = texts['master.yml']
    const reached = await reachDirector({
      ...{ deploymentHost: from, deployment, master, ssh, learn, signal, during },
    })
    this.#hosts.unshift(reached.host)
    return reached
  }
}

/** @throws EngineError `input.invalid` when a deployment has no command that prints its analytics data */
export function requireAnalytics({ name, analytics }: Deployment) {
  if (analytics && analytics.command !== null) return analytics
  throw new EngineError('input.invalid', during, {
    subject: name,
    detail:
      'no analytics command is set for this Director: the vendor’s documents name none, so set one first',
  })
}
