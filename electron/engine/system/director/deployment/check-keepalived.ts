import { BlockList, isIPv4 } from 'node:net'
import { keepalivedOf, serversOf } from './modes.ts'
import type { Findings } from './problem.ts'
import { shown } from './problem.ts'
import type { YamlNode } from './yaml-tree.ts'
import { pairOf, textOf } from './yaml-tree.ts'

/** The address that the three hosts of a cluster share. */
export function checkKeepalived(root: YamlNode, found: Findings): void {
  const entries = keepalivedOf(root).map(({ index, node }) => ({
    index,
    ip: textOf(pairOf(node, 'host_vrrp_ip')?.value),
    id: textOf(pairOf(node, 'host_vrrp_id')?.value),
  }))
  if (!entries.some(({ ip }) => ip !== null))
    return found.stop('keepalived.missing', ['keepalived'], {
      finding: 'a cluster needs keepalived with a host_vrrp_ip, and there is none',
      fix: 'Write the shared address and its id: host_vrrp_ip in the subnet of the servers, host_vrrp_id unique per setup.',
    })
  const hosts = serversOf(root).flatMap(({ node, enabled }) => {
    const ip = enabled ? textOf(pairOf(node, 'ip')?.value) : null
    return ip === null ? [] : [ip]
  })
  const ids = new Map<string, number>()
  for (const { index, ip, id } of entries) {
    const at = (key: string) => ['keepalived', index, key]
    if (ip !== null && hosts.includes(ip))
      found.stop('keepalived.same-ip', at('host_vrrp_ip'), {
        finding: `${shown(ip)} is the ip of a server already`,
        fix: 'Write the address that the three hosts share; no host has it as its own.',
      })
    else if (ip !== null && !inSubnet(ip, hosts))
      found.warn('keepalived.subnet', at('host_vrrp_ip'), {
        finding: `${shown(ip)} does not look as if it were in the subnet of the servers`,
        fix: 'Write an unused address of that subnet.',
      })
    if (id === null) {
      found.warn('keepalived.no-id', at('host_vrrp_id'), {
        finding: 'there is no host_vrrp_id',
        fix: 'Write a number from 1 to 255 that no other setup in this network uses.',
      })
      continue
    }
    if (!/^\d{1,9}$/.test(id)) continue
    if (Number(id) < 1 || Number(id) > 255)
      found.warn('keepalived.id', at('host_vrrp_id'), {
        finding: `host_vrrp_id ${id} is not between 1 and 255`,
        fix: 'Write a number from 1 to 255 that no other setup in this network uses.',
      })
    const first = ids.get(id)
    if (first === undefined) ids.set(id, index)
    else
      found.warn('keepalived.same-id', at('host_vrrp_id'), {
        finding: `host_vrrp_id ${id} is that of keepalived[${first}] already`,
        fix: 'Give each its own.',
      })
  }
}

/**
 * Whether `ip` may be in the subnet of `hosts`. Nobody tells the netmask: it is at least as wide as the smallest that
 * holds all of them, and /24 is taken when they are nearer together. What is no IPv4 address is not judged.
 */
function inSubnet(ip: string, hosts: readonly string[]): boolean {
  const [first] = hosts
  if (first === undefined || ![ip, ...hosts].every(isIPv4)) return true
  for (let bits = 24; bits > 8; bits--) {
    const net = new BlockList()
    net.addSubnet(first, bits)
    if (hosts.every(host => net.check(host))) return net.check(ip)
  }
  return true
}
