import { describe, expect, it } from 'vitest'
import { directorRequest } from '../../../shared/contract/director.ts'
import type { MasterEdit } from '../../../shared/director.ts'
import {
  type Action,
  allTyped,
  type Answers,
  directorQuery,
  readAnswers,
  reduce,
  requestOf,
  wizardAt,
  writeAnswers,
} from '../../../renderer/features/director/model.ts'

const stamp = '20260326T131502'
const ip: MasterEdit = { op: 'set', path: ['servers', 0, 'ip'], value: '192.0.2.21' }
const full: Answers = {
  ...{ server: 'off-site', stamp, deployment: 'dr', mode: 'standalone', fetch: 'served' },
  ...{ serveOn: '192.0.2.30', safetyCopy: 'nas', master: [ip] },
}
const after = (actions: readonly Action[], from: Answers = full) => actions.reduce(reduce, from)
const request = (answers: Answers) => {
  const wizard = wizardAt('confirm', answers)
  if (wizard.step !== 'confirm') throw new Error(`stands at ${wizard.step}`)
  return requestOf(wizard)
}

describe('the wizard for a Director', () => {
  it('keeps every answer in the address', () => {
    expect(readAnswers(writeAnswers(full))).toEqual(full)
    expect(readAnswers({})).toEqual({ fetch: 'direct', serveOn: '', safetyCopy: '', master: [] })
  })

  it('takes no edit from an address that is none', () => {
    for (const edits of ['{', '[1]', '[{"op":"set","path":[],"value":1}]', '{"op":"set"}'])
      expect(readAnswers({ edits }).master).toEqual([])
  })

  it('stops at the first step that lacks an answer', () => {
    const at = (drop: keyof Answers) => {
      const { [drop]: _, ...rest } = full
      return wizardAt('confirm', rest as Answers).step
    }
    expect(at('server')).toBe('source')
    expect(at('stamp')).toBe('point')
    expect(at('deployment')).toBe('target')
    expect(at('mode')).toBe('target')
    expect(wizardAt('confirm', full).step).toBe('confirm')
    expect(wizardAt('source', full).step).toBe('source')
  })

  it('begins anew when another kind of thing was wanted before', () => {
    expect(directorQuery({ of: 'system:docs', server: 'nas' })).toEqual({ of: 'director' })
    expect(directorQuery(writeAnswers(full))).toEqual(writeAnswers(full))
  })
})

describe('a changed answer', () => {
  it('drops the run when the server is another, and keeps the target', () => {
    const next = after([{ is: 'server', server: 'usb', fetch: 'served' }])
    expect(next).not.toHaveProperty('stamp')
    expect(next).toMatchObject({ server: 'usb', deployment: 'dr', mode: 'standalone' })
  })

  it('keeps the run when only the way of the files is another', () => {
    expect(after([{ is: 'server', server: 'off-site', fetch: 'direct' }])).toMatchObject({
      stamp,
      fetch: 'direct',
    })
  })

  it('drops the changes to master.yml and the mode with the folder they were for', () => {
    const next = after([{ is: 'deployment', deployment: 'other' }])
    expect(next).not.toHaveProperty('mode')
    expect(next).toMatchObject({ deployment: 'other', master: [], serveOn: '' })
  })

  it('keeps them when the folder only has another name', () => {
    expect(after([{ is: 'renamed', deployment: 'dr-2' }])).toMatchObject({ deployment: 'dr-2', master: [ip] })
  })

  it('takes the place of an earlier change of the same value', () => {
    const again: MasterEdit = { ...ip, value: '192.0.2.22' }
    expect(after([{ is: 'edit', edit: again, was: '192.0.2.9' }]).master).toEqual([again])
  })

  it('takes an edit away when the value of the file is set again', () => {
    expect(after([{ is: 'edit', edit: { ...ip, value: '192.0.2.9' }, was: '192.0.2.9' }]).master).toEqual([])
  })

  it('keeps a mending edit whose value the file does not tell', () => {
    const empty: MasterEdit = { op: 'set', path: ['install_msp'], value: null }
    expect(after([{ is: 'edit', edit: empty }]).master).toEqual([ip, empty])
  })

  it('makes the request another, whichever it is', () => {
    const first = JSON.stringify(request(full))
    const changes: Action[] = [
      { is: 'stamp', stamp: '20260326T121502' },
      { is: 'mode', mode: 'cluster' },
      { is: 'undo', path: ip.path },
      { is: 'edit', edit: { op: 'secret', path: ['servers', 0, 'password'], draft: 'd1' } },
      { is: 'server', server: 'off-site', fetch: 'direct' },
      { is: 'how', how: { serveOn: '192.0.2.31' } },
      { is: 'how', how: { safetyCopy: '' } },
      { is: 'undo-all' },
    ]
    for (const change of changes) expect(JSON.stringify(request(after([change])))).not.toBe(first)
  })
})

describe('what the engine is asked', () => {
  it('names the five files of one run, and is what the contract allows', () => {
    const asked = request(full)
    expect(directorRequest.safeParse(asked).success).toBe(true)
    expect(asked.edits.names).toEqual({
      mongo: `mongo_${stamp}.dump.gz`,
      postgres: `postgres_${stamp}_dump.tar.gz`,
      elk: `elk_${stamp}_dump.tar.gz`,
      'certificate-service': `certificate_service_certs_${stamp}_dump.tar.gz`,
      'ec-provision': `ec_provision_certs_${stamp}_dump.tar.gz`,
    })
  })

  it('says no address to serve on when nothing is served', () => {
    expect(request({ ...full, fetch: 'direct' }).serveOn).toBeNull()
    expect(request({ ...full, serveOn: ' ' }).serveOn).toBeNull()
    expect(request(full).serveOn).toBe('192.0.2.30')
  })
})

describe('the confirmation', () => {
  it('needs every name, to the letter and in its own field', () => {
    const preflight = { confirm: ['node-1', 'node-2'] }
    expect(allTyped(preflight, ['node-1', 'node-2'])).toBe(true)
    expect(allTyped(preflight, ['node-1'])).toBe(false)
    expect(allTyped(preflight, ['node-2', 'node-1'])).toBe(false)
    expect(allTyped(preflight, ['node-1', 'Node-2'])).toBe(false)
    expect(allTyped({ confirm: [] }, [])).toBe(false)
  })
})
