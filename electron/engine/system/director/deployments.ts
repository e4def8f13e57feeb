import { z } from 'zod'
import type { Deployment } from '../../../../shared/director.ts'
import { EngineError } from '../../engine-error.ts'
import type { SshContext } from '../../ssh/ssh-target.ts'
import type { Vault } from '../../vault/index.ts'
import { DeploymentBook } from './deployment/index.ts'
import type { Host } from './host/host.ts'
import { openHost } from './host/open-host.ts'

export type DeploymentSecrets = {
  password?: string | undefined
  privateKey?: string | undefined
  keyPassphrase?: string | undefined
}

export type DeploymentsOptions = {
  home: string
  vault: Vault
  ssh: SshContext
  /** Told of what opens a host before it is used, so that it is masked. */
  learn: (secret: unknown) => void
  /** @throws EngineError `run.conflict` while a run needs the deployment under this name */
  refuseUsed: (name: string, during: string) => Promise<void>
}

/** The deployment folders Drydock knows, what opens their hosts, and opening them. */
export class Deployments {
  readonly book: DeploymentBook
  readonly ssh: SshContext
  readonly #options: DeploymentsOptions

  constructor(options: DeploymentsOptions) {
    this.#options = options
    this.book = new DeploymentBook(options.home)
    this.ssh = options.ssh
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
    const { vault, refuseUsed } = this.#options
    if (replaces && replaces.name !== record.name) await refuseUsed(replaces.name, 'director.save')
    const kept = replaces && secrets === null ? await vault.get(keyOf(replaces.name)) : null
    const text = secrets === null ? kept : JSON.stringify(secrets)
    if (text !== null && record.place.kind === 'ssh') await vault.set(keyOf(record.name), text)
    if (replaces) await this.book.replace(record, replaces.name)
    else await this.book.add(record)
    if (replaces && replaces.name !== record.name) await vault.remove(keyOf(replaces.name))
  }

  /** Forgets it. @throws EngineError `run.conflict` while a run of it has not ended: it could not be attached to */
  async remove(name: string): Promise<void> {
    const { place } = await this.book.get(name)
    await this.#options.refuseUsed(name, 'director.remove')
    if (place.kind === 'ssh') await this.#options.vault.remove(keyOf(name))
    await this.book.remove(name)
  }

  /** Opens the machine that a deployment folder lies on; whoever opened it closes it. */
  async open({ name, place }: Deployment): Promise<Host> {
    const { vault, learn, ssh } = this.#options
    const text = place.kind === 'ssh' ? await vault.get(keyOf(name)) : null
    const secrets = text === null ? null : secretsShape.parse(JSON.parse(text))
    learn(secrets)
    return await openHost(place, secrets, ssh)
  }

  /** Does something on the machine of a deployment, by its name. */
  async on<T>(name: string, work: (host: Host, deployment: Deployment) => Promise<T>): Promise<T> {
    const deployment = await this.book.get(name)
    const host = await this.open(deployment)
    try {
      return await work(host, deployment)
    } finally {
      await host.close()
    }
  }
}

const secretsShape = z.object({
  password: z.string().optional(),
  privateKey: z.string().optional(),
  keyPassphrase: z.string().optional(),
})

const keyOf = (name: string): string => `deployment:${name}`
