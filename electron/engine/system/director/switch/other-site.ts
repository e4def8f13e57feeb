import type { Deployment } from '../../../../../shared/director.ts'
import { masterView, readDeployment } from '../deployment/index.ts'
import type { Host } from '../host/host.ts'
import { inTime, wordsOf } from '../preflight/board.ts'
import { addressOf } from '../preflight/host-lines.ts'
import { targetsOf } from '../preflight/yaml-lines.ts'
import { addressesOf } from './addresses.ts'

/** The site that the other step works on, as its own deployment folder tells. */
export type OtherSite = {
  site: 'DC' | 'DR'
  deployment: Deployment
  openHost: () => Promise<Host>
}

export type OtherFacts =
  | {
      /** `ip:port` of its enabled hosts. */
      hosts: string[]
      addresses: string[]
      /** Its `director_site`; null: empty, or not known. */
      says: string | null
    }
  | { unknown: string }

/** Reads its `master.yml`; that this cannot be had is no failure: the other step has a preflight of its own. */
export async function readOther(
  { deployment, openHost }: OtherSite,
  signal: AbortSignal,
): Promise<OtherFacts> {
  const opening = openHost()
  try {
    const host = await inTime(opening, signal)
    const { folder } = deployment.place
    const { texts } = await inTime(readDeployment(host, folder, signal), signal)
    const text = texts['master.yml']
    const view = text === null ? null : masterView(text)
    if (!view) return { unknown: `master.yml of ${deployment.name} cannot be read.` }
    return {
      hosts: targetsOf(text)
        .filter(({ enabled }) => enabled)
        .map(addressOf),
      addresses: addressesOf(view, deployment.place),
      says: view.directorSite,
    }
  } catch (err) {
    return { unknown: `${deployment.name}: ${wordsOf(err)}` }
  } finally {
    void opening.then(host => host.close()).catch(() => {})
  }
}
