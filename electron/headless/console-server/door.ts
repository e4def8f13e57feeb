import { createHash, randomBytes, timingSafeEqual } from 'node:crypto'

/** Who may come in. Pure decisions, apart from the sockets they are made for. */

/** How many wrong tokens are answered at once, and how long until one more is, ms. */
const wrongTokens = 10
const perWrongToken = 1000
/** How many browsers may be logged in; the one that came first goes. */
const mostSessions = 32

/** Names that lead to this machine whoever resolves them. */
const loopbackNames = ['127.0.0.1', 'localhost', '[::1]']

export type Door = {
  /** Makes a token that opens the door once. */
  token(): string
  /** Whether a request names us as its host. A page of another name that resolves to us does not. */
  isOurHost(host: string | undefined): boolean
  /** Whether a request was made by a page of ours. What says nothing about its origin was not. */
  isOurPage(headers: {
    host?: string | undefined
    origin?: string | undefined
    fetchSite?: string | undefined
  }): boolean
  /** Takes a token in for a session. @param now ms, monotonic @returns the cookie to set */
  enter(token: string, now: number): { cookie: string } | 'wrong' | 'too many'
  hasSession(cookieHeader: string | undefined): boolean
}

/** @param port the one we listen on, at the host `own`, as a URL names it */
export function createDoor(port: number, own = '127.0.0.1'): Door {
  const tokens = new Set<string>()
  const sessions = new Set<string>()
  const name = `drydock_${port}`
  const names = [...loopbackNames, own]
  // On its usual port HTTP leaves it out.
  const hosts = new Set(names.flatMap(host => [`${host}:${port}`, ...(port === 80 ? [host] : [])]))
  let allowance = wrongTokens
  let refilled = 0

  return {
    token() {
      const token = randomBytes(32).toString('base64url')
      tokens.add(digest(token))
      return token
    },
    isOurHost: host => host !== undefined && hosts.has(host.toLowerCase()),
    isOurPage: ({ host, origin, fetchSite }) =>
      host !== undefined &&
      origin?.toLowerCase() === `http://${host.toLowerCase()}` &&
      (fetchSite === undefined || fetchSite === 'same-origin'),
    enter(token, now) {
      allowance = Math.min(wrongTokens, allowance + (now - refilled) / perWrongToken)
      refilled = now
      if (allowance < 1) return 'too many'
      const given = digest(token)
      const known = find(tokens, given)
      if (known === null) {
        allowance--
        return 'wrong'
      }
      tokens.delete(known)
      const session = randomBytes(32).toString('base64url')
      sessions.add(digest(session))
      const [first] = sessions
      if (sessions.size > mostSessions && first !== undefined) sessions.delete(first)
      // No Max-Age: it ends with the browser, and with this process, which alone knows it.
      return { cookie: `${name}=${session}; Path=/; HttpOnly; SameSite=Strict` }
    },
    hasSession(header) {
      for (const pair of (header ?? '').slice(0, 16_384).split(';')) {
        const at = pair.indexOf('=')
        if (
          at > 0 &&
          pair.slice(0, at).trim() === name &&
          find(sessions, digest(pair.slice(at + 1).trim())) !== null
        )
          return true
      }
      return false
    },
  }
}

/** Compared as hashes of equal length, every one of them: neither time nor place tells anything about a secret. */
function find(known: ReadonlySet<string>, given: string): string | null {
  let found: string | null = null
  for (const one of known)
    if (timingSafeEqual(Buffer.from(one, 'hex'), Buffer.from(given, 'hex'))) found = one
  return found
}

const digest = (secret: string): string => createHash('sha256').update(secret).digest('hex')
