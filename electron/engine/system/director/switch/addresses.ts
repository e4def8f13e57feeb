import { lookup } from 'node:dns/promises'
import { isIP } from 'node:net'
import type { MasterView } from '../../../../../shared/contract/director.ts'
import type { DeploymentPlace } from '../../../../../shared/director.ts'
import { raced } from '../../../restore/raced.ts'

/** Every address a site is known under: of its hosts, those they share, those clients see, and its deployment host. */
export function addressesOf(master: MasterView | null, place: DeploymentPlace): string[] {
  const own = master
    ? [
        ...master.hosts.flatMap(({ ip, bondIp }) => [ip, bondIp]),
        ...master.keepalived.map(({ ip }) => ip),
        ...master.externalIp,
      ]
    : []
  const all = [...own, place.kind === 'ssh' ? place.host : null]
  return [...new Set(all.flatMap(text => (text ? [plain(text)] : [])))]
}

/**
 * The same with what the names among them resolve to, as this machine sees it. A name that resolves to nothing here is
 * compared as it is written.
 */
export async function resolved(names: readonly string[], signal: AbortSignal): Promise<ReadonlySet<string>> {
  const found = new Set(names.map(plain).filter(Boolean))
  const look = async (name: string) => {
    const all = await raced(lookup(name, { all: true }), signal).catch(() => [])
    for (const { address } of all) found.add(plain(address))
  }
  await Promise.all([...found].filter(name => isIP(name) === 0).map(look))
  return found
}

/** Without brackets, and in lower case: names and IPv6 addresses have none. */
const plain = (text: string): string =>
  text
    .trim()
    .replace(/^\[|\]$/g, '')
    .toLowerCase()
