import { EngineError } from '../engine-error.ts'
import type { ServiceContext } from './context.ts'

/** Names of the plans that store on a server. */
export async function plansOn({ plans }: Pick<ServiceContext, 'plans'>, server: string): Promise<string[]> {
  return (await plans.list()).plans
    .filter(({ settings }) => settings.servers.includes(server))
    .map(({ settings }) => settings.name)
}

/** The plans that back up the Director of a deployment. */
export async function plansOfDirector(
  { plans }: Pick<ServiceContext, 'plans'>,
  deployment: string,
): Promise<string[]> {
  return (await plans.list()).plans.flatMap(({ settings: { name, source } }) =>
    source.kind === 'director' && source.deployment === deployment ? [name] : [],
  )
}

/** The systems that are the Director of a deployment: as an operator said, else as their plans back it up. */
export async function systemsOfDirector(
  { plans }: Pick<ServiceContext, 'plans'>,
  deployment: string,
): Promise<string[]> {
  const { plans: all } = await plans.list()
  const backedUp = new Set(
    all.flatMap(({ settings: { system, source } }) =>
      source.kind === 'director' && source.deployment === deployment ? [system] : [],
    ),
  )
  return (await plans.systems.list()).flatMap(({ name, kind, deployment: own }) =>
    kind === 'director' && (own === undefined ? backedUp.has(name) : own === deployment) ? [name] : [],
  )
}

/**
 * For a deployment that is about to be forgotten, or called otherwise.
 * @throws EngineError `run.conflict` while a plan or a system names it
 */
export async function refuseUsedDirector(
  { plans }: Pick<ServiceContext, 'plans'>,
  deployment: string,
  during: string,
): Promise<void> {
  const users = await plansOfDirector({ plans }, deployment)
  const systems = (await plans.systems.list()).filter(system => system.deployment === deployment)
  const used = [
    ...(users.length > 0 ? [`plans back up its Director: ${users.join(', ')}`] : []),
    ...(systems.length > 0
      ? [`systems are its Director: ${systems.map(({ name }) => name).join(', ')}`]
      : []),
  ]
  if (used.length > 0)
    throw new EngineError('run.conflict', during, { subject: deployment, detail: used.join('; ') })
}
