import { describe, expect, it } from 'vitest'
import { href, parseRoute, type Route } from '../../../renderer/app/router.ts'

const routes: Route[] = [
  { page: 'overview', mode: 'list' },
  { page: 'overview', mode: 'show', name: 'Director DC' },
  { page: 'overview', mode: 'new' },
  { page: 'restore', step: 'system' },
  { page: 'restore', step: 'target', query: { server: 'nas', point: 'docs@20261120T095728Z' } },
  { page: 'backups', mode: 'list', query: { system: 'a&b=c?d#e/f%' } },
  { page: 'backups', mode: 'trash' },
  { page: 'backups', mode: 'show', server: 'nas', point: 'docs@20261120T095728Z' },
  { page: 'plans', mode: 'show', name: 'new' },
  { page: 'plans', mode: 'edit', name: 'docs' },
  { page: 'plans', mode: 'new' },
  { page: 'servers', mode: 'new', query: { type: 's3' } },
  { page: 'servers', mode: 'show', name: 'edit' },
  { page: 'runs', mode: 'list' },
  { page: 'runs', mode: 'show', name: '20261120-095728-abc' },
  { page: 'proofs', mode: 'show', name: 'ä/ö ?' },
  { page: 'sites', mode: 'list', query: { add: 'folder' } },
  { page: 'sites', mode: 'show', name: 'zwan-dc', query: { tab: 'schedules' } },
  { page: 'switch', mode: 'new', query: { from: 'zwan-dc' } },
  { page: 'switch', mode: 'show', name: '20261120-095728-abc' },
  { page: 'settings' },
]

describe('router', () => {
  it.each(routes.map(route => [href(route), route] as const))(
    'reads %s back as it was written',
    (hash, route) => {
      expect(parseRoute(hash)).toEqual(route)
    },
  )

  it('writes addresses that people can read', () => {
    expect(href({ page: 'servers', mode: 'show', name: 'nas' })).toBe('#/servers/nas')
    expect(href({ page: 'backups', mode: 'show', server: 'nas', point: 'docs@20261120T095728Z' })).toBe(
      '#/backups/nas/docs@20261120T095728Z',
    )
  })

  it('leads an unknown or broken address to the overview', () => {
    for (const hash of ['', '#', '#/', '#/nonsense/x', '#/%E0%A4%A', '#token=abc'])
      expect(parseRoute(hash)).toEqual({ page: 'overview', mode: 'list' })
  })

  it('takes an unknown step of a restore for the first one', () => {
    expect(parseRoute('#/restore/erase')).toEqual({ page: 'restore', step: 'system' })
  })

  it('keeps a page called new apart from the one that adds', () => {
    expect(href({ page: 'plans', mode: 'show', name: 'new' })).not.toBe(href({ page: 'plans', mode: 'new' }))
  })
})
