import type { MasterEdit } from '../../../../../shared/director.ts'
import type { DirectorMode, DirectorSite } from './modes.ts'
import { modeOf, serversOf } from './modes.ts'
import { checkAddresses } from './check-addresses.ts'
import { checkKeepalived } from './check-keepalived.ts'
import { knownKeys, masterShape } from './master-yml.ts'
import type { Findings } from './problem.ts'
import { shown } from './problem.ts'
import { checkTypes } from './typed-shape.ts'
import type { YamlPath } from './yaml-path.ts'
import type { YamlNode } from './yaml-tree.ts'
import { isEmpty, pairOf, textOf } from './yaml-tree.ts'

export type MasterExpectations = {
  /** null: told from the file. */
  mode: DirectorMode | null
  /** Which site is to be restored; null: nothing is known about it. */
  site: DirectorSite | null
}

/** All that can be said of `master.yml` before a restore. @returns the mode that was asked for, or that it amounts to */
export function checkMaster(
  root: YamlNode,
  { mode: asked, site }: MasterExpectations,
  found: Findings,
): DirectorMode | null {
  checkTypes(root, masterShape, found)
  if (root.is !== 'map') return asked
  const servers = pairOf(root, 'servers')?.value
  const mode = asked ?? modeOf(root)
  if (isEmpty(servers) || (servers?.is === 'list' && servers.items.length === 0))
    found.stop('servers.none', ['servers'], {
      finding: 'there is no server in it',
      fix: 'Put the host that is to be restored under servers, with ip, port, user, and pem or password.',
    })
  else if (servers?.is === 'list') {
    checkCount(root, mode, found)
    checkAddresses(root, found)
  }
  if (mode === 'cluster') checkKeepalived(root, found)
  checkInstall(root, found)
  checkSite(root, site, found)
  checkKeys(root, found)
  return mode
}

function checkCount(root: YamlNode, mode: DirectorMode | null, found: Findings): void {
  const servers = serversOf(root)
  const enabled = servers.filter(server => server.enabled)
  const wanted = mode === 'standalone' ? 1 : 3
  if (mode !== null && enabled.length === wanted) return
  const path: YamlPath = ['servers']
  if (enabled.length === 0)
    return found.stop('servers.none-enabled', path, {
      finding: `none of the ${servers.length} servers is enabled`,
      fix: 'Set enabled: true for the host that is to be restored.',
      ...(servers.length === 1 ? { edit: { op: 'set', path: ['servers', 0, 'enabled'], value: true } } : {}),
    })
  found.stop('servers.count', path, {
    finding: `${enabled.length} ${enabled.length === 1 ? 'server is' : 'servers are'} enabled; ${
      mode === null
        ? 'a standalone director has one, a cluster three'
        : mode === 'standalone'
          ? 'a standalone director has exactly one'
          : 'a cluster has exactly three'
    }`,
    fix: 'Set enabled: true for the hosts that are to be restored, and enabled: false for all others.',
  })
}

function checkInstall(root: YamlNode, found: Findings): void {
  for (const key of ['install_msp', 'install_tenant']) {
    const node = pairOf(root, key)?.value
    if (!node || isEmpty(node)) continue
    found.stop(`install.${key === 'install_msp' ? 'msp' : 'tenant'}`, [key], {
      finding: `${key} is set: setup.sh would create a default account into what is restored`,
      fix: 'Leave it empty for a restore.',
      edit: { op: 'set', path: [key], value: null },
    })
  }
}

function checkSite(root: YamlNode, site: DirectorSite | null, found: Findings): void {
  const node = pairOf(root, 'director_site')?.value
  const text = textOf(node)
  const stands = text?.toUpperCase()
  if (text !== null && stands !== 'DC' && stands !== 'DR')
    return found.warn('site.unknown', ['director_site'], {
      finding: `director_site is ${shown(text)}; it is DC (active) or DR (passive)`,
      fix: 'Write "DC" or "DR".',
      ...(site ? { edit: { op: 'set', path: ['director_site'], value: site } } : {}),
    })
  if (site === null || stands === site) return
  const edit: MasterEdit = { op: 'set', path: ['director_site'], value: site }
  if (text === null)
    return found.warn('site.empty', ['director_site'], {
      finding: `director_site is empty; the target of this restore is the ${site}`,
      fix: `Write director_site: "${site}".`,
      edit,
    })
  found.stop('site.mismatch', ['director_site'], {
    finding: `director_site is ${shown(text)}, and the target of this restore is the ${site}${
      site === 'DR' ? ': the file may point at the live data centre' : ''
    }`,
    fix: `Make sure that the servers are those of the ${site}, then write director_site: "${site}".`,
    edit,
  })
}

function checkKeys(root: YamlNode, found: Findings): void {
  const look = (node: YamlNode | undefined, place: string, path: YamlPath): void => {
    if (node?.is === 'list') node.items.forEach(({ value }, n) => look(value, `${place}[]`, [...path, n]))
    if (node?.is !== 'map') return
    const known = Object.hasOwn(knownKeys, place) ? knownKeys[place] : undefined
    if (!known) return
    for (const { key, value } of node.pairs) {
      if (known.includes(key)) {
        if (place === '') look(value, key, [key])
        continue
      }
      found.warn('keys.unknown', [...path, key], {
        finding: `${shown(key)} is no key of master.yml that Drydock knows; it is kept`,
        fix: 'Correct its spelling, or leave it when the deployment source has it.',
      })
    }
  }
  look(root, '', [])
}
