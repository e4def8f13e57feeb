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
