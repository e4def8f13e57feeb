import { describe, expect, it } from 'vitest'
import { createDoor } from '../../electron/headless/console-server/door.ts'
import { loopbackAddress } from '../../electron/headless/console-server/listen-address.ts'
import { hasDisplay, opener } from '../../electron/headless/console-server/open-browser.ts'
import { strictHeaders } from '../../electron/headless/console-server/headers.ts'

describe('createDoor', () => {
  it('knows this machine by its loopback names at its own port only', () => {
    const door = createDoor(8377)
    for (const host of ['127.0.0.1:8377', 'localhost:8377', 'LOCALHOST:8377', '[::1]:8377'])
      expect(door.isOurHost(host), host).toBe(true)
    for (const host of [
      undefined,
      '',
      '127.0.0.1',
      '127.0.0.1:8378',
      'localhost:83777',
      'localhost.:8377',
      'evil.example:8377',
      '127.0.0.1:8377.evil.example',
      'localhost:8377@evil.example',
      '0.0.0.0:8377',
    ])
      expect(door.isOurHost(host), String(host)).toBe(false)
  })

  it('knows the loopback address that it was told to listen on', () => {
    const door = createDoor(8377, '127.0.0.2')
    expect(door.isOurHost('127.0.0.2:8377')).toBe(true)
    expect(door.isOurHost('127.0.0.3:8377')).toBe(false)
  })

  it('takes a page for its own only when origin and host are the same', () => {
    const door = createDoor(8377)
    const host = '127.0.0.1:8377'
    expect(door.isOurPage({ host, origin: `http://${host}` })).toBe(true)
    expect(door.isOurPage({ host, origin: `http://${host}`, fetchSite: 'same-origin' })).toBe(true)
    for (const origin of [
      undefined,
      'null',
      'http://localhost:8377',
      `https://${host}`,
      'http://127.0.0.1',
      `http://${host}/`,
    ])
      expect(door.isOurPage({ host, origin }), String(origin)).toBe(false)
    for (const fetchSite of ['same-site', 'cross-site', 'none'])
      expect(door.isOurPage({ host, origin: `http://${host}`, fetchSite }), fetchSite).toBe(false)
  })

  it('lets each token in once and each cookie as long as it lives', () => {
    const door = createDoor(8377)
    const [one, two] = [door.token(), door.token()]
    expect(one).toMatch(/^[A-Za-z0-9_-]{43}$/)
    const entered = door.enter(one, 0)
    expect(entered).toMatchObject({
      cookie: expect.stringMatching(/^drydock_8377=[A-Za-z0-9_-]{43}; Path=\/; HttpOnly; SameSite=Strict$/),
    })
    expect(door.enter(one, 0)).toBe('wrong')
    expect(door.enter(two, 0)).toMatchObject({ cookie: expect.anything() })
    const [cookie = ''] = (entered as { cookie: string }).cookie.split(';')
    expect(door.hasSession(cookie)).toBe(true)
    expect(door.hasSession(`a=b; ${cookie}; c=d`)).toBe(true)
    for (const other of [
      undefined,
      '',
      cookie.slice(0, -1),
      cookie.replace('8377', '8378'),
      `x${cookie}`,
      one,
    ])
      expect(door.hasSession(other)).toBe(false)
    expect(createDoor(8377).hasSession(cookie)).toBe(false)
  })

  it('answers no more than some wrong tokens at once, and a right one again after a while', () => {
    const door = createDoor(8377)
    const token = door.token()
    const answers = Array.from({ length: 30 }, () => door.enter('guess', 1000))
    expect(answers.filter(answer => answer === 'wrong')).toHaveLength(10)
    expect(door.enter(token, 1000)).toBe('too many')
    expect(door.enter(token, 5000)).toMatchObject({ cookie: expect.anything() })
  })
})

describe('loopbackAddress', () => {
  it('refuses every address but those of this machine, and says how to reach it from elsewhere', () => {
    expect(loopbackAddress(undefined)).toBe('127.0.0.1')
    expect(loopbackAddress('::1')).toBe('::1')
    expect(loopbackAddress('127.0.0.2')).toBe('127.0.0.2')
    for (const address of ['0.0.0.0', '::', '192.0.2.7', 'myhost', '127.0.0.1.example', ''])
      expect(() => loopbackAddress(address), address).toThrow(/TLS and a passphrase.*ssh -L/)
  })
})

describe('the pages’ headers', () => {
  it('allow scripts, styles and connections of their own origin only', () => {
    const policy = strictHeaders('127.0.0.1:8377')['Content-Security-Policy']?.split('; ')
    expect(policy).toEqual(
      expect.arrayContaining([
        "default-src 'none'",
        "script-src 'self'",
        "style-src 'self'",
        "connect-src 'self' ws://127.0.0.1:8377",
        "frame-ancestors 'none'",
        "require-trusted-types-for 'script'",
      ]),
    )
    expect(policy?.join()).not.toMatch(/unsafe|\*/)
  })
})

describe('opening the browser', () => {
  it('is left out where nobody sees it', () => {
    expect(hasDisplay({}, 'linux')).toBe(false)
    expect(hasDisplay({ DISPLAY: ':0' }, 'linux')).toBe(true)
    expect(hasDisplay({ SSH_CONNECTION: 'x' }, 'darwin')).toBe(false)
    expect(hasDisplay({}, 'darwin')).toBe(true)
  })

  it('hands the system one argument that no shell reads', () => {
    expect(opener('file:///a%20b', 'linux')).toEqual(['xdg-open', 'file:///a%20b'])
    expect(opener('file:///a', 'darwin')).toEqual(['open', 'file:///a'])
    expect(opener('file:///a', 'win32')).toEqual(['rundll32', 'url.dll,FileProtocolHandler', 'file:///a'])
  })
})
