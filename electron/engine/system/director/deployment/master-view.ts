import type { MasterView } from '../../../../../shared/contract/director.ts'
import { keepalivedOf, serversOf } from './modes.ts'
import { readYaml } from './read-yaml.ts'
import type { YamlNode } from './yaml-tree.ts'
import { isEmpty, pairOf, textOf } from './yaml-tree.ts'

/** What of `master.yml` matters before a restore, without secrets; null when it cannot be read. */
export function masterView(text: string): MasterView | null {
  const read = readYaml('master.yml', text)
  return 'root' in read && read.root.is === 'map' ? viewOf(read.root) : null
}

function viewOf(root: YamlNode): MasterView {
  const of = (node: YamlNode, key: string) => textOf(pairOf(node, key)?.value)
  const external = pairOf(root, 'external_ip')?.value
  const disks = pairOf(root, 'external_disk')?.value
  return {
    hosts: serversOf(root).map(({ index, node, enabled }) => {
      const pem = !isEmpty(pairOf(node, 'pem')?.value)
      const password = !isEmpty(pairOf(node, 'password')?.value)
      return {
        index,
        name: of(node, 'name') ?? '',
        ip: of(node, 'ip') ?? '',
        port: portOf(of(node, 'port')),
        user: of(node, 'user') ?? '',
        enabled,
        auth: pem && password ? 'both' : pem ? 'pem' : password ? 'password' : 'none',
        // A key itself may have been put where its path belongs.
        pem: pem ? pathIn(of(node, 'pem')) : null,
        components: componentsOf(pairOf(node, 'components')?.value),
        bondIp: of(node, 'bond_ip'),
      }
    }),
    keepalived: keepalivedOf(root).map(({ node }) => {
      const id = of(node, 'host_vrrp_id')
      return { ip: of(node, 'host_vrrp_ip'), id: id !== null && /^\d{1,9}$/.test(id) ? Number(id) : null }
    }),
    directorSite: of(root, 'director_site'),
    installMsp: of(root, 'install_msp'),
    installTenant: of(root, 'install_tenant'),
    externalIp:
      external?.is === 'list'
        ? external.items.flatMap(({ value }) => textOf(value) ?? [])
        : [textOf(external)].filter(text => text !== null),
    disks:
      disks?.is === 'map'
        ? disks.pairs.flatMap(({ key, value }) => {
            const text = textOf(value)
            return text === null ? [] : [{ key, value: text }]
          })
        : [],
  }
}

/** 22 where nothing usable stands: what `ssh` would take. */
function portOf(text: string | null): number {
  const port = text !== null && /^\d{1,5}$/.test(text) ? Number(text) : 22
  return port >= 1 && port <= 65535 ? port : 22
}

const pathIn = (text: string | null): string | null =>
  text === null || /PRIVATE KEY|[\r\n]/.test(text) ? null : text

/** Names of what is installed there: `Master`, and the `name` of each that stands under it or beside it. */
function componentsOf(node: YamlNode | undefined): string[] {
  if (node?.is !== 'list') return []
  return node.items.flatMap(({ value }) => {
    if (value.is === 'scalar') return textOf(value) ?? []
    if (value.is === 'list') return componentsOf(value)
    const name = textOf(pairOf(value, 'name')?.value)
    if (name !== null) return name
    const [first] = value.pairs
    return first ? [first.key, ...componentsOf(first.value)] : []
  })
}
