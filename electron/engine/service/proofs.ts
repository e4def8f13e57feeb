import { isUnderWay } from '../run/index.ts'
import type { RunSnapshot } from '../../../shared/contract/run.ts'
import { parsePoint } from '../archive/names.ts'
import { EngineError } from '../engine-error.ts'
import type { Belongs } from '../proof/index.ts'
import { aboutServer, ProofBook } from '../proof/index.ts'
import type { ServiceContext } from './context.ts'
import type { HandlersOf } from './handlers.ts'

export function proofHandlers({ engine, plans, hub, log }: ServiceContext): HandlersOf<'proof'> {
  const belongs = async (point: string): Promise<Belongs> => {
    const { plan } = parsePoint(point)
    const found = (await plans.list()).plans.find(({ settings }) => settings.name === plan)
    return {
      plan: found ? plan : null,
      system: found ? await plans.systems.find(found.settings.system) : null,
    }
  }
  const outages = async () => {
    const [current, past] = await Promise.all([plans.outage.get(), plans.outage.past()])
    return [...past, ...(current ? [{ ...current, ended: null }] : [])]
  }
  const server = async (name: string) =>
    await engine.servers.get(name).then(aboutServer, (err: unknown) => {
      if (err instanceof EngineError) return null
      throw err
    })
  const deployment = async (name: string) =>
    await engine.directors.deployments.book.get(name).then(
      ({ place }) => ({
        host: place.kind === 'local' ? 'this machine' : `${place.user}@${place.host}:${place.port}`,
        folder: place.folder,
      }),
      (err: unknown) => {
        if (err instanceof EngineError) return null
        throw err
      },
    )
  const book = new ProofBook({ runs: engine.runs, belongs, outages, server, deployment, log })
  // The report is made when the restore ends, with the targets of that day, whether or not somebody looks.
  hub.subscribe((name, payload) => {
    if (name !== 'run.changed') return
    const { id, kind, state } = payload as RunSnapshot
    if ((kind === 'restore' || kind === 'director-restore') && !isUnderWay({ state }))
      book.show(id).catch((err: unknown) => log('warn', 'the report of a restore could not be made', { err }))
  })
  return {
    'proof.list': async () => ({ proofs: await book.list() }),
    'proof.show': async ({ runId }) => await book.show(runId),
  }
}
