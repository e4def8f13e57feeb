import { isIP } from 'node:net'
import { EngineError } from '../../engine-error.ts'

/**
 * The proxy that `env` names for `endpoint`, as curl understands it: HTTPS_PROXY or HTTP_PROXY by the endpoint's
 * scheme, then ALL_PROXY, small letters before capitals; NO_PROXY lists hosts, domains (with or without a leading
 * dot), `host:port`, IPv4 networks (`10.0.0.0/8`) or `*`. Loopback is no exception unless it is listed.
 * @throws EngineError `input.invalid` for an address that is no http(s) URL.
 */
export function proxyFor(endpoint: URL, env: Readonly<Record<string, string | undefined>>): URL | null {
  const get = (key: string) => env[key.toLowerCase()] ?? env[key] ?? ''
  const address = get(endpoint.protocol === 'https:' ? 'HTTPS_PROXY' : 'HTTP_PROXY') || get('ALL_PROXY')
  if (address === '' || isExcepted(endpoint, get('NO_PROXY'))) return null
  const text = address.includes('://') ? address : `http://${address}`
  const proxy = URL.canParse(text) ? new URL(text) : null
  if (proxy !== null && (proxy.protocol === 'http:' || proxy.protocol === 'https:')) return proxy
  // The address itself stays out of the message: it may hold a password.
  throw new EngineError('input.invalid', 'server.open', {
    detail: 'the proxy in the environment is no http(s) address',
  })
}

function isExcepted(endpoint: URL, list: string): boolean {
  const host = endpoint.hostname.replace(/^\[|\]$/g, '').toLowerCase()
  const port = endpoint.port || (endpoint.protocol === 'https:' ? '443' : '80')
  return list
    .toLowerCase()
    .split(/[\s,]+/)
    .filter(entry => entry !== '')
    .some(entry => {
      if (entry === '*') return true
      if (entry.includes('/')) return inNetwork(host, entry)
      const [, name = '', wantedPort] =
        /^\[?(.*?)\]?(?::(\d+))?$/.exec(isIP(entry) === 6 ? `[${entry}]` : entry) ?? []
      if (wantedPort !== undefined && wantedPort !== port) return false
      const domain = name.replace(/^\*?\./, '')
      return host === domain || (isIP(host) === 0 && host.endsWith(`.${domain}`))
    })
}

function inNetwork(host: string, network: string): boolean {
  const [base = '', bits = ''] = network.split('/')
  if (isIP(host) !== 4 || isIP(base) !== 4 || !/^\d{1,2}$/.test(bits) || Number(bits) > 32) return false
  const shift = 2 ** (32 - Number(bits))
  return Math.floor(toNumber(host) / shift) === Math.floor(toNumber(base) / shift)
}

const toNumber = (address: string): number =>
  address.split('.').reduce((sum, byte) => sum * 256 + Number(byte), 0)
