import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { EventHub } from '../../electron/engine/service/event-hub.ts'
import { fileLog } from '../../electron/engine/service/file-log.ts'
import type { Handlers } from '../../electron/engine/service/handlers.ts'
import { serviceOf } from '../../electron/engine/service/service.ts'
import { EngineError } from '../../electron/engine/engine-error.ts'
import { Masker } from '../../electron/engine/masker.ts'
import type { Log } from '../../electron/engine/ports.ts'
import { tempFolder } from '../support/temp-folder.ts'

const never = new AbortController().signal

function open(handlers: Partial<Handlers>) {
  const logged: unknown[] = []
  const log: Log = (level, message, fields) => logged.push({ level, message, ...fields })
  const masker = new Masker()
  masker.learn('hunter-two')
  const hub = new EventHub(log)
  const service = serviceOf({ handlers: handlers as Handlers, hub, log, mask: masker.mask })
  return { service, hub, logged }
}

describe('a service', () => {
  it('flattens what nobody foresaw to internal with a place in the log, and tells nothing of it', async () => {
    const { service, logged } = open({
      'overview.refresh': async () => {
        throw new TypeError('cannot read hunter-two of undefined')
      },
    })
    const answer = await service.call('overview.refresh', undefined, never)
    expect(answer).toMatchObject({ ok: false, failure: { code: 'internal', retry: 'never' } })
    const [, reference] = /^log reference ([0-9a-f]{8})$/.exec(
      (answer as { failure: { detail: string } }).failure.detail,
    )!
    expect(logged).toMatchObject([{ level: 'error', reference }])
  })

  it('refuses an answer that the contract does not know', async () => {
    const { service } = open({ 'system.list': async () => ({ systems: [{ name: 5 }] }) as never })
    expect(await service.call('system.list', undefined, never)).toMatchObject({
      failure: { code: 'internal' },
    })
  })

  it('leaves out of answers what the contract has no place for', async () => {
    const { service } = open({ 'system.list': async () => ({ systems: [], secret: 'x' }) as never })
    expect(await service.call('system.list', undefined, never)).toEqual({ ok: true, value: { systems: [] } })
  })

  it('takes secrets that are known out of failures', async () => {
    const { service } = open({
      'overview.refresh': async () => {
        throw new EngineError('remote.failed', 'x', { subject: 'hunter-two', detail: 'it said hunter-two' })
      },
    })
    const answer = await service.call('overview.refresh', undefined, never)
    expect(JSON.stringify(answer)).not.toContain('hunter-two')
    expect(answer).toMatchObject({ failure: { code: 'remote.failed', detail: 'it said •••' } })
  })

  it('answers cancelled for a call that was cancelled, whatever its handler throws', async () => {
    const stop = new AbortController()
    const { service } = open({
      'overview.refresh': async (_input, signal) => {
        stop.abort()
        throw new EngineError('network.interrupted', 'x', { detail: String(signal.aborted) })
      },
    })
    expect(await service.call('overview.refresh', undefined, stop.signal)).toMatchObject({
      failure: { code: 'cancelled' },
    })
  })

  it('tells events to all listeners but those that left, and none that the contract refuses', () => {
    const { service, hub, logged } = open({})
    const one: unknown[] = []
    const two: unknown[] = []
    service.subscribe(() => {
      throw new Error('a broken listener')
    })
    service.subscribe((name, payload) => one.push([name, payload]))
    const end = service.subscribe(name => two.push(name))
    hub.emit('point.changed', { server: 'nas' })
    end()
    hub.emit('point.changed', { server: 5 } as never)
    hub.emit('outage.changed', { outage: null })
    expect(one).toEqual([
      ['point.changed', { server: 'nas' }],
      ['outage.changed', { outage: null }],
    ])
    expect(two).toEqual(['point.changed'])
    expect(logged).toHaveLength(3)
  })
})

describe('fileLog', () => {
  it('masks texts wherever they stand in what is logged, and keeps errors with their causes', async () => {
    const file = join(await tempFolder(), 'logs', 'a.log')
    const masker = new Masker()
    masker.learn('quote"and\\slash')
    const log = fileLog(file, masker.mask)
    const cause = new Error('because of quote"and\\slash')
    log('warn', 'it said quote"and\\slash', {
      deep: { list: ['quote"and\\slash'] },
      err: new Error('x', { cause }),
    })
    let text = ''
    while (!text.endsWith('\n')) {
      await new Promise(resolve => setImmediate(resolve))
      text = await readFile(file, 'utf8').catch(() => '')
    }
    expect(text).not.toContain('slash')
    expect(JSON.parse(text)).toMatchObject({
      level: 'warn',
      message: 'it said •••',
      deep: { list: ['•••'] },
      err: { cause: 'because of •••' },
    })
  })
})
