import { isIP } from 'node:net'
import type { Findings } from './problem.ts'
import { shown } from './problem.ts'
import type { ServerEntry } from './modes.ts'
import { serversOf } from './modes.ts'
import type { YamlNode } from './yaml-tree.ts'
import { isEmpty, pairOf, textOf } from './yaml-tree.ts'

const hostName = /^(?!-)[A-Za-z0-9._:-]{1,253}$/
const userName = /^(?!-)[^\s\p{Cc}@:/]{1,128}$/u
/** Ansible fills these in. */
const isTemplate = (text: string) => text.includes('{{')

/** How each server is reached: address, port, user, key or password. */
export function checkAddresses(root: YamlNode, found: Findings): void {
  const servers = serversOf(root)
  const seen = new Map<string, number>()
  for (const server of servers) {
    const { index, node } = server
    const at = (key: string) => ['servers', index, key]
    checkIp(server, found)
    const ip = textOf(pairOf(node, 'ip')?.value)?.trim().toLowerCase()
    const first = ip === undefined ? undefined : seen.get(ip)
    if (ip !== undefined && first === undefined) seen.set(ip, index)
    if (ip !== undefined && first !== undefined)
      found.stop('servers.same-ip', at('ip'), {
        finding: `${shown(ip)} is the ip of servers[${first}] already`,
        fix: 'Give each server its own ip, or remove the entry that is there twice.',
      })
    checkPort(node, at('port'), found)
    checkUser(server, found)
    if (isEmpty(pairOf(node, 'pem')?.value) && isEmpty(pairOf(node, 'password')?.value))
      said(server, found, 'servers.no-login', at(pairOf(node, 'pem') ? 'pem' : 'password'), {
        finding: `servers[${index}] has neither pem nor password`,
        fix: 'Name the key file on the deployment host (pem), or give the password.',
      })
    else {
      const password = pairOf(node, 'password')?.value
      if (password?.is === 'scalar' && typeof password.value === 'number')
        found.warn('servers.bare-password', at('password'), {
          finding: 'the password is a number without quotes; tools may read it as another one',
          fix: 'Put it in quotes.',
        })
    }
  }
}

function checkIp(server: ServerEntry, found: Findings): void {
  const node = pairOf(server.node, 'ip')?.value
  const path = ['servers', server.index, 'ip']
  if (isEmpty(node))
    return said(server, found, 'servers.no-ip', path, {
      finding: `servers[${server.index}] has no ip`,
      fix: 'Write the address of the host, as 192.0.2.11.',
    })
  if (node?.is !== 'scalar' || typeof node.value !== 'string' || isTemplate(node.value)) return
  const text = node.value
  if (!hostName.test(text) || (/^[\d.]+$/.test(text) && isIP(text) !== 4))
    found.stop('servers.bad-ip', path, {
      finding: `${shown(text)} is no address`,
      fix: 'Write the address of the host, as 192.0.2.11.',
    })
}

function checkPort(server: YamlNode, path: (string | number)[], found: Findings): void {
  const node = pairOf(server, 'port')?.value
  if (node?.is !== 'scalar' || typeof node.value !== 'number') return
  const edit = { op: 'set' as const, path, value: 22 }
  if (!Number.isInteger(node.value)) return
  if (node.value < 1 || node.value > 65535)
    return found.stop('servers.port', path, {
      finding: `port ${node.value} is not between 1 and 65535`,
      fix: 'Write the ssh port of the host; it is 22 unless somebody changed it.',
      edit,
    })
  // 022 is eighteen for tools of YAML 1.1, of which Ansible is one, and 0x16 and 22 are the same.
  if (!/^[1-9]\d*$/.test(node.source))
    found.stop('types.wrong', path, {
      finding: `port is written as ${shown(node.source)}, which tools read differently`,
      fix: 'Write it as plain digits.',
      edit: { op: 'set', path, value: node.value },
    })
}

function checkUser(server: ServerEntry, found: Findings): void {
  const node = pairOf(server.node, 'user')?.value
  const path = ['servers', server.index, 'user']
  if (isEmpty(node))
    return said(server, found, 'servers.no-user', path, {
      finding: `servers[${server.index}] has no user`,
      fix: 'Write the user that setup.sh logs in as.',
    })
  if (node?.is !== 'scalar' || typeof node.value !== 'string' || isTemplate(node.value)) return
  if (!userName.test(node.value))
    found.stop('servers.bad-user', path, {
      finding: `${shown(node.value)} is no user name`,
      fix: 'Write the user that setup.sh logs in as.',
    })
}

/** What a host that is left out lacks keeps nobody from a restore. */
function said(
  server: ServerEntry,
  found: Findings,
  code: string,
  path: (string | number)[],
  words: { finding: string; fix: string },
): void {
  if (server.enabled) found.stop(code, path, words)
  else found.warn(code, path, { ...words, finding: `${words.finding}; it is not enabled` })
}
