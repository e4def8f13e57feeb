import type { DirectorMode } from '../../../../../shared/director-files.ts'
import type { YamlMap, YamlNode } from './yaml-tree.ts'
import { isEmpty, pairOf } from './yaml-tree.ts'

export type { DirectorMode }
/** `DC` is the active site, `DR` the passive one. */
export type DirectorSite = 'DC' | 'DR'

export type ServerEntry = { index: number; node: YamlMap; enabled: boolean }

/** The servers of `master.yml` that are maps. One that does not say whether it is enabled is. */
export function serversOf(root: YamlNode): ServerEntry[] {
  const list = pairOf(root, 'servers')?.value
  if (list?.is !== 'list') return []
  return list.items.flatMap(({ value: node }, index) =>
    node.is === 'map' ? [{ index, node, enabled: isEnabled(node) }] : [],
  )
}

function isEnabled(node: YamlMap): boolean {
  const value = pairOf(node, 'enabled')?.value
  if (!value || isEmpty(value)) return true
  // What is no boolean is a problem of its own; until it is mended, a host counts as one that would be erased.
  if (value.is !== 'scalar') return true
  return !(value.value === false || value.value === 0 || /^(?:false|no|off|0)$/i.test(String(value.value)))
}

/** The entries of `keepalived` that hold anything. */
export function keepalivedOf(root: YamlNode): { index: number; node: YamlMap }[] {
  const list = pairOf(root, 'keepalived')?.value
  if (list?.is !== 'list') return []
  return list.items.flatMap(({ value: node }, index) =>
    node.is === 'map' && node.pairs.some(({ value }) => !isEmpty(value)) ? [{ index, node }] : [],
  )
}

/** What the hosts of `master.yml` amount to; null when it cannot be told. */
export function modeOf(root: YamlNode): DirectorMode | null {
  const enabled = serversOf(root).filter(server => server.enabled).length
  if (enabled === 1) return 'standalone'
  if (enabled === 3) return 'cluster'
  return enabled > 1 && keepalivedOf(root).length > 0 ? 'cluster' : null
}
