import { describe, expect, it } from 'vitest'
import type { MasterView } from '../../../shared/contract/director.ts'
import type { SwitchRecord, SwitchStep } from '../../../shared/contract/switch.ts'
import type { ServerRecord } from '../../../shared/server.ts'
import { createChecks } from '../../../renderer/app/parts/checks/checks.ts'
import type { Call, On } from '../../../renderer/app/rpc.ts'
import { stepChecks } from '../../../renderer/features/switch/checked.ts'
import {
  addressesOf,
  type Draft,
  openWords,
  siteUnder,
  stageOf,
  stagesOf,
  statusOf,
  whyNotBegin,
} from '../../../renderer/features/switch/model.ts'

const step = (site: 'DC' | 'DR', state: SwitchStep['state']): SwitchStep => ({
  ...{ deployment: site.toLowerCase(), mode: 'standalone', site, state, run: null, ended: null },
})
const record = (
  first: SwitchStep['state'],
  second: SwitchStep['state'],
  state: SwitchRecord['state'] = 'open',
): SwitchRecord => ({
  ...{
    id: 'sw',
    direction: 'dc-to-dr',
    begun: '2026-11-20T20:00:00.000Z',
    by: 'root on vm',
    server: 's3',
    state,
  },
  steps: [step('DC', first), step('DR', second)],
  address: { how: 'dns', value: 'director.example.com', done: null, note: '' },
})

describe('the stage of a switch-over', () => {
  it.each([
    ['waiting', 'waiting', 'open', 'first', 'Created'],
    ['running', 'waiting', 'open', 'first', 'Running'],
    ['failed', 'waiting', 'open', 'first', 'Failed'],
    ['done', 'waiting', 'open', 'second', 'At risk'],
    ['done', 'failed', 'open', 'second', 'Failed'],
    ['done', 'done', 'open', 'address', 'At risk'],
    ['done', 'done', 'finished', 'done', 'Done'],
    ['done', 'waiting', 'given-up', 'done', 'Cancelled'],
  ] as const)('after %s and %s, %s, is %s and its word %s', (first, second, state, stage, word) => {
    const one = record(first, second, state)
    expect([stageOf(one), statusOf(one).is]).toEqual([stage, word])
  })

  it('is said in words of which site is active, and never claims what is not known', () => {
    expect(openWords(record('waiting', 'waiting'))).toMatch(/the DC is the active site/)
    expect(openWords(record('failed', 'waiting'))).toMatch(/Whether the DC .* is not known/)
    expect(openWords(record('done', 'failed'))).toMatch(/DC is passive, and the DR is not active/)
    expect(openWords({ ...record('done', 'done'), direction: 'dr-to-dc' })).toMatch(/^The DC is active/)
  })
})

describe('the four stages', () => {
  it('tick what is done, also where an earlier one is looked at, and show a verdict at the next alone', () => {
    const stages = stagesOf(record('done', 'waiting'), 'second', 'GO at 10:00')
    expect(stages.map(({ state }) => state)).toEqual(['done', 'now', 'later', 'later'])
    expect(stages.map(({ answer }) => answer)).toEqual([
      'dc, done',
      'dr: GO at 10:00',
      'director.example.com',
      undefined,
    ])
    const back = stagesOf(record('done', 'done'), 'first', null)
    expect(back.map(({ state }) => state)).toEqual(['now', 'done', 'later', 'later'])
  })

  it('name the end of one that was given up by its name', () => {
    expect(stagesOf(record('done', 'waiting', 'given-up'), 'done', null)[3]?.name).toBe('Given up')
  })
})

describe('a switch-over that is being prepared', () => {
  const whole: Draft = {
    ...{ direction: 'dc-to-dr', folders: ['dc', 'dr'], modes: ['cluster', 'standalone'] },
    ...{ server: 's3', how: 'dns', address: 'director.example.com' },
  }

  it('says what is missing, the active site first', () => {
    expect(whyNotBegin(whole)).toBeNull()
    expect(whyNotBegin({ ...whole, direction: 'dr-to-dc', folders: [null, null] })).toMatch(
      /folder of the DR/,
    )
    expect(whyNotBegin({ ...whole, folders: ['dc', null] })).toMatch(/folder of the DR/)
    expect(whyNotBegin({ ...whole, modes: ['cluster', null] })).toMatch(/standalone or cluster/)
    expect(whyNotBegin({ ...whole, server: null })).toMatch(/no backup server/)
    expect(whyNotBegin({ ...whole, address: '  ' })).toMatch(/address/)
  })

  it('takes a cluster DC with a standalone DR, and never the other way round, in both directions', () => {
    expect(whyNotBegin({ ...whole, modes: ['standalone', 'cluster'] })).toMatch(/no pair/)
    expect(whyNotBegin({ ...whole, direction: 'dr-to-dc' })).toMatch(/no pair/)
    expect(whyNotBegin({ ...whole, direction: 'dr-to-dc', modes: ['standalone', 'cluster'] })).toBeNull()
  })

  const view: MasterView = {
    hosts: [
      {
        ...{ index: 0, name: 'dc-1', ip: '192.0.2.11', port: 22, user: 'u', enabled: true, auth: 'pem' },
        ...{ pem: null, components: [], bondIp: '20.0.0.31' },
      },
    ],
    ...{
      keepalived: [{ ip: '192.0.2.50', id: 1 }],
      directorSite: 'DC',
      installMsp: null,
      installTenant: null,
    },
    ...{ externalIp: ['198.51.100.7'], disks: [] },
  }

  it('knows a backup server that stands on a site by each of its addresses', () => {
    const s3 = (endpoint?: string) => ({ type: 's3', ...(endpoint && { endpoint }) }) as ServerRecord
    expect(siteUnder(s3('https://192.0.2.11:7081'), [null, view])).toBe('dc-1')
    expect(siteUnder({ type: 'sftp', host: '20.0.0.31' } as ServerRecord, [view])).toBe('dc-1')
    expect(siteUnder(s3('https://198.51.100.7'), [view])).toBe('198.51.100.7')
    expect(siteUnder(s3('https://192.0.2.50:7081'), [view])).toBe('192.0.2.50')
    expect([s3('https://203.0.113.5'), s3()].map(one => siteUnder(one, [view]))).toEqual([null, null])
  })

  it('names where the new site is found: outside, shared, or by its hosts', () => {
    expect(addressesOf(view)).toEqual(['198.51.100.7'])
    expect(addressesOf({ ...view, externalIp: [] })).toEqual(['192.0.2.50'])
    const off = { ...view.hosts[0]!, ip: '192.0.2.12', enabled: false }
    expect(addressesOf({ ...view, externalIp: [''], keepalived: [], hosts: [...view.hosts, off] })).toEqual([
      '192.0.2.11',
    ])
  })
})

describe('the check of a step', () => {
  it('takes the lines of its own switch-over and step alone, and asks with what was changed', () => {
    const asked: unknown[] = []
    let tell: (payload: unknown) => void = () => {}
    const call = ((name: string, input: unknown) => {
      asked.push(name, input)
      return new Promise(() => {})
    }) as unknown as Call
    const on = ((_: string, listener: typeof tell) => (tell = listener)) as unknown as On
    const store = createChecks(stepChecks, { call, on, now: () => 5 })
    const request = { id: 'sw', step: 2 as const, edits: [] }
    void store.check(request, 'k')
    const line = { id: 'host', title: 'Host', state: 'pass', finding: 'answers', took: 1 }
    tell({ id: 'sw', step: 1, line })
    tell({ id: 'other', step: 2, line })
    expect(store.getState().lines).toEqual([])
    tell({ id: 'sw', step: 2, line })
    expect(store.getState().lines).toEqual([line])
    expect(asked).toEqual(['switch.preflight', request])
  })
})
