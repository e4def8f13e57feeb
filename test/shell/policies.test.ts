import { describe, expect, it } from 'vitest'
import type { RunSnapshot } from '../../shared/contract/run.ts'
import { menuTemplate } from '../../electron/shell/menu.ts'
import {
  contentType,
  mayCall,
  mayNavigate,
  mayUse,
  pageHeaders,
  pagePath,
  windowOptions,
} from '../../electron/shell/policies.ts'
import { WindowCalls } from '../../electron/shell/serve-window.ts'
import { UnderWay, closingQuestion } from '../../electron/shell/under-way.ts'

describe('window options', () => {
  it('sandbox the page, isolate its context and give it no Node', () => {
    expect(windowOptions('/x/preload.cjs').webPreferences).toMatchObject({
      preload: '/x/preload.cjs',
      sandbox: true,
      contextIsolation: true,
      nodeIntegration: false,
      webSecurity: true,
      webviewTag: false,
    })
  })
})

describe('navigation', () => {
  it.each(['app://drydock/', 'app://drydock/index.html#/servers'])('stays within %s', url => {
    expect(mayNavigate(url)).toBe(true)
  })
  it.each([
    'https://example.com/',
    'app://drydock.example.com/',
    'app://drydock:81/',
    'app://me@drydock/',
    'file:///etc/passwd',
    'javascript:alert(1)',
    'data:text/html,x',
    'about:blank',
    'not a url',
    '',
  ])('refuses %s', url => {
    expect(mayNavigate(url)).toBe(false)
  })
  it.each(['media', 'notifications', 'clipboard-read', 'openExternal', 'anything'])(
    'grants no permission: %s',
    name => {
      expect(mayUse(name)).toBe(false)
    },
  )
})

describe('callers', () => {
  const ours = { url: 'app://drydock/index.html', isMainFrame: true, windowIsOurs: true }
  it('are heard when they are the main frame of a window of ours on a page of ours', () => {
    expect(mayCall(ours)).toBe(true)
  })
  it.each([{ url: 'https://example.com/' }, { isMainFrame: false }, { windowIsOurs: false }])(
    'are refused with %o',
    wrong => {
      expect(mayCall({ ...ours, ...wrong })).toBe(false)
    },
  )
})

describe('pages', () => {
  it('are found below the folder of pages, the first by the bare address', () => {
    expect(pagePath('app://drydock/')).toBe('index.html')
    expect(pagePath('app://drydock/assets/index-abc.js')).toBe('assets/index-abc.js')
  })
  it.each([
    'app://drydock/../secret',
    'app://drydock/%2e%2e/secret',
    'app://drydock/a%2f..%2f..%2fb',
    'app://drydock/a//b',
    'app://drydock/.env',
    'app://drydock/%00',
    'app://drydock/%zz',
    'app://drydock/a\\b%5cc',
    'app://other/index.html',
  ])('are not found outside it: %s', url => {
    const path = pagePath(url)
    expect(path === null || !path.includes('..')).toBe(true)
    if (!url.includes('/../') && !url.includes('%2e%2e/')) expect(path).toBeNull()
  })
  it('run no script and load no style that is not a file of ours', () => {
    const policy = pageHeaders['content-security-policy']
    expect(policy).toContain("default-src 'none'")
    expect(policy).not.toContain('unsafe')
  })
  it('have a known type, or are not served', () => {
    expect(contentType('index.html')).toMatch(/^text\/html/)
    expect(contentType('x.exe')).toBeNull()
  })
})

const run = (id: string, state: RunSnapshot['state'], here = true): RunSnapshot => ({
  id,
  kind: 'restore',
  state,
  about: `docs@20261120T095728Z ${id}`,
  started: '2026-11-20T09:57:28Z',
  ended: null,
  problems: 0,
  firstProblems: [],
  progress: { phase: 'x', bytes: 0, total: null, files: 0 },
  failure: null,
  options: null,
  outcome: null,
  seq: 1,
  plan: null,
  here,
  limit: null,
})

describe('runs under way', () => {
  it('keep the machine awake until the last has ended or is paused', () => {
    const runs = new UnderWay()
    expect(runs.note(run('a', 'running'))).toBe(true)
    runs.note(run('b', 'paused'))
    expect(runs.wantsAwake).toBe(true)
    runs.note(run('a', 'succeeded'))
    expect(runs.wantsAwake).toBe(false)
    expect(runs.list.map(({ id }) => id)).toEqual(['b'])
  })
  it('of another process are not this window’s to stop', () => {
    const runs = new UnderWay()
    runs.note(run('a', 'running', false))
    expect(closingQuestion(runs.list)).toBeNull()
  })
  it('are named when the window closes, and the harmless answer comes first', () => {
    const asked = closingQuestion([run('a', 'running'), run('b', 'running')])
    expect(asked?.message).toContain('2 runs')
    expect(asked?.detail).toContain('docs@20261120T095728Z a')
    expect(asked?.buttons[0]).toBe('Go on in the background')
  })
})

describe('calls of a window', () => {
  const hanging = {
    call: (_name: string, _input: unknown, signal: AbortSignal) =>
      new Promise<{ ok: false; failure: { code: 'cancelled'; during: string; retry: 'never' } }>(resolve =>
        signal.addEventListener('abort', () =>
          resolve({ ok: false, failure: { code: 'cancelled', during: 'x', retry: 'never' } }),
        ),
      ),
  }
  it('end each by its own id', async () => {
    const calls = new WindowCalls(hanging)
    const first = calls.call('1', 'server.list', undefined)
    const second = calls.call('2', 'server.list', undefined)
    calls.cancel('1')
    await expect(first).resolves.toMatchObject({ id: '1', ok: false })
    calls.drop()
    await expect(second).resolves.toMatchObject({ id: '2', ok: false })
  })
  it.each([
    [7, 'x'],
    ['1', 7],
    ['x'.repeat(65), 'a'],
    [null, null],
  ])('refuse junk: %o', async (id, name) => {
    const calls = new WindowCalls(hanging)
    await expect(calls.call(id, name, undefined)).resolves.toMatchObject({
      ok: false,
      failure: { code: 'input.invalid' },
    })
  })
})

describe('menu', () => {
  it('leads to every page by a key of its own', () => {
    const went: string[] = []
    const go = menuTemplate('linux', address => went.push(address)).find(item => item.label === '&Go')
    const items = go?.submenu as { accelerator: string; click: () => void }[]
    for (const item of items) item.click()
    expect(went).toContain('#/restore')
    expect(new Set(items.map(item => item.accelerator)).size).toBe(items.length)
  })
})
