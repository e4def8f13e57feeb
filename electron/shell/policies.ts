import type { BrowserWindowConstructorOptions } from 'electron'

/** What the shell allows, as plain functions: they are tested where no Electron runs. */

export const scheme = 'app'
/** The only origin whose pages may be shown and heard. */
export const origin = `${scheme}://drydock`

/** Everything off that a page of ours does not need; the page reaches the engine by the preload's verbs alone. */
export function windowOptions(preload: string): BrowserWindowConstructorOptions {
  return {
    width: 1440,
    height: 900,
    minWidth: 1024,
    minHeight: 640,
    show: false,
    title: 'Drydock',
    webPreferences: {
      preload,
      sandbox: true,
      contextIsolation: true,
      nodeIntegration: false,
      nodeIntegrationInWorker: false,
      nodeIntegrationInSubFrames: false,
      webSecurity: true,
      allowRunningInsecureContent: false,
      experimentalFeatures: false,
      webviewTag: false,
      navigateOnDragDrop: false,
      spellcheck: false,
      devTools: false,
    },
  }
}

/** Whether a window may go there: only within our own pages. */
export function mayNavigate(url: string): boolean {
  try {
    const { protocol, host, username, password } = new URL(url)
    return `${protocol}//${host}` === origin && username === '' && password === ''
  } catch {
    return false
  }
}

/** Camera, notifications, clipboard reading and all the rest: our pages need none of them. */
export const mayUse = (_permission: string): boolean => false

/** Who calls: the frame's own address, and whether it is the main frame of a window that we opened. */
export type Sender = { url: string; isMainFrame: boolean; windowIsOurs: boolean }

export const mayCall = ({ url, isMainFrame, windowIsOurs }: Sender): boolean =>
  windowIsOurs && isMainFrame && mayNavigate(url)

/** Where the file of a page lies below the folder of pages; null for what is not there to be had. */
export function pagePath(url: string): string | null {
  if (!mayNavigate(url)) return null
  let path: string
  try {
    path = decodeURIComponent(new URL(url).pathname)
  } catch {
    return null
  }
  if (path === '/') return 'index.html'
  const parts = path.slice(1).split('/')
  const plain = parts.every(part => /^[A-Za-z0-9_-][A-Za-z0-9._-]*$/.test(part))
  return plain ? parts.join('/') : null
}

/** Headers of every page. Scripts and styles come from our own files only. */
export const pageHeaders = {
  'content-security-policy': [
    "default-src 'none'",
    "script-src 'self'",
    "style-src 'self'",
    "img-src 'self' data:",
    "font-src 'self'",
    "connect-src 'self'",
    "base-uri 'none'",
    "form-action 'none'",
    "frame-ancestors 'none'",
    "require-trusted-types-for 'script'",
  ].join('; '),
  'x-content-type-options': 'nosniff',
  'referrer-policy': 'no-referrer',
  'cross-origin-opener-policy': 'same-origin',
  'cross-origin-resource-policy': 'same-origin',
} as const

const types: Readonly<Record<string, string>> = {
  html: 'text/html; charset=utf-8',
  js: 'text/javascript; charset=utf-8',
  css: 'text/css; charset=utf-8',
  svg: 'image/svg+xml',
  png: 'image/png',
  woff2: 'font/woff2',
}

/** Null for a kind of file that no page of ours consists of. */
export const contentType = (path: string): string | null => types[path.split('.').pop() ?? ''] ?? null
