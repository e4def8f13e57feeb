import { isSecretKey } from './mask-yaml.ts'
import { readYaml } from './read-yaml.ts'
import type { YamlNode } from './yaml-tree.ts'
import { pairOf, textOf } from './yaml-tree.ts'

/** How to log in to a host of `master.yml`. */
export type MasterLogin = { password: string | null; pem: string | null }

/**
 * What `master.yml` says for logging in to `servers[index]`; null when there is no such server. The result is a secret.
 * @property pem the path of a key file on the deployment host
 */
export function masterLogin(text: string, index: number): MasterLogin | null {
  const read = readYaml('master.yml', text)
  const servers = 'root' in read ? pairOf(read.root, 'servers')?.value : undefined
  const node = servers?.is === 'list' ? servers.items[index]?.value : undefined
  if (node?.is !== 'map') return null
  return { password: textOf(pairOf(node, 'password')?.value), pem: textOf(pairOf(node, 'pem')?.value) }
}

/** Every secret that stands in one of the two files: for whoever masks what is logged. */
export function masterSecrets(text: string): string[] {
  const read = readYaml('master.yml', text)
  const secrets: string[] = []
  const look = (node: YamlNode, secret: boolean): void => {
    if (node.is === 'list') for (const { value } of node.items) look(value, secret)
    else if (node.is === 'map')
      for (const { key, value } of node.pairs) look(value, secret || isSecretKey(key))
    else if (secret) secrets.push(...[textOf(node)].filter(found => found !== null))
  }
  if ('root' in read) look(read.root, false)
  return secrets
}
