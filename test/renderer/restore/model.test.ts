import { describe, expect, it } from 'vitest'
import type { Answers } from '../../../renderer/features/restore/model.ts'
import {
  readAnswers,
  reduce,
  requestOf,
  wizardAt,
  writeAnswers,
} from '../../../renderer/features/restore/model.ts'

const none = readAnswers()
const whole: Answers = {
  of: 'system:Branch configs',
  server: 'nas',
  point: 'docs@20260326T131502Z',
  only: ['a/b', 'a/b/**', 'odd\\*name'],
  into: '/srv/back',
  overwrite: 'older',
  fullPaths: true,
  numericIds: false,
  special: true,
  limit: '20 MB/s',
}

describe('the answers of the wizard', () => {
  it('survive the address, all of them', () => {
    expect(readAnswers(writeAnswers(whole))).toEqual(whole)
    expect(readAnswers(writeAnswers({ ...whole, into: null })).into).toBeNull()
    expect(readAnswers(writeAnswers({ ...whole, into: undefined })).into).toBeUndefined()
    expect(readAnswers(writeAnswers({ ...whole, into: '' })).into).toBe('')
  })

  it('are none in an address that makes no sense', () => {
    expect(readAnswers({ overwrite: 'everything', only: '\n\n', into: '' })).toEqual(none)
  })
})

describe('the wizard', () => {
  it('goes to the step that was asked for, or to the first that lacks an answer', () => {
    expect(wizardAt('confirm', none).step).toBe('system')
    expect(wizardAt('confirm', { ...none, of: 'name:x' }).step).toBe('source')
    expect(wizardAt('confirm', { ...none, of: 'name:x', server: 's' }).step).toBe('point')
    expect(wizardAt('preflight', { ...whole, into: undefined }).step).toBe('target')
    expect(wizardAt('preflight', { ...whole, into: '' }).step).toBe('target')
    expect(wizardAt('confirm', whole).step).toBe('confirm')
    expect(wizardAt('source', whole).step).toBe('source')
  })

  it('drops what does not fit another answer, and keeps the rest', () => {
    const other = reduce(whole, { is: 'of', of: 'name:x' })
    expect(other).toMatchObject({ of: 'name:x', only: [], into: '/srv/back', overwrite: 'older' })
    expect([other.server, other.point]).toEqual([undefined, undefined])
    const elsewhere = reduce(whole, { is: 'server', server: 'usb' })
    expect(elsewhere).toMatchObject({ server: 'usb', only: whole.only, into: '/srv/back' })
    expect(elsewhere.point).toBeUndefined()
    expect(reduce(whole, { is: 'server', server: 'nas' })).toBe(whole)
  })

  it('asks the engine for just these answers, and no secret is among them', () => {
    const wizard = wizardAt('preflight', whole)
    if (wizard.step !== 'preflight') throw new Error(wizard.step)
    expect(requestOf(wizard)).toEqual({
      point: whole.point,
      server: 'nas',
      into: '/srv/back',
      only: whole.only,
      overwrite: 'older',
      fullPaths: true,
      numericIds: false,
      special: true,
      limit: 20_000_000,
    })
  })
})

describe('the speed limit of a restore', () => {
  const confirmed = (limit: string) => wizardAt('confirm', { ...whole, limit })

  it('goes with the request; none leaves it to the settings', () => {
    const given = confirmed('20 MB/s')
    if (given.step !== 'confirm') throw new Error(given.step)
    expect(requestOf(given).limit).toBe(20_000_000)
    const none = confirmed('')
    if (none.step !== 'confirm') throw new Error(none.step)
    expect(requestOf(none).limit).toBeNull()
  })

  it.each(['abc', '0'])('keeps the wizard at the target when it is %j', limit =>
    expect(confirmed(limit).step).toBe('target'),
  )
})
