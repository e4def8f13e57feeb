/** Where the page is. Every part of it is in the address, so that a reload and a link lead to the same sight. */

type Query = { query?: Readonly<Record<string, string>> }
type Shown<P extends string> =
  | { page: P; mode: 'list' }
  /** One of them, by name or id. */
  | { page: P; mode: 'show'; name: string }
type Edited<P extends string> = Shown<P> | { page: P; mode: 'new' } | { page: P; mode: 'edit'; name: string }

export const restoreSteps = ['system', 'source', 'point', 'target', 'preflight', 'confirm'] as const
export type RestoreStep = (typeof restoreSteps)[number]

/** `query` is the page's own: filters, earlier answers. */
export type Route = Query &
  (
    | Edited<'overview'>
    | Edited<'plans'>
    | Edited<'servers'>
    | Shown<'runs'>
    | Shown<'proofs'>
    /** A Director, by the name of its deployment. */
    | Shown<'sites'>
    /** Switch-overs between the two sites of a Director. */
    | Shown<'switch'>
    | { page: 'switch'; mode: 'new' }
    | { page: 'restore'; step: RestoreStep }
    | { page: 'backups'; mode: 'list' | 'trash' }
    /** A point on a server, opened for browsing. */
    | { page: 'backups'; mode: 'show'; point: string; server: string }
    | { page: 'settings' }
  )
export type PageName = Route['page']
export type RouteOf<P extends PageName> = Extract<Route, { page: P }>

/** No name begins with it. */
const create = '+new'

/** The address of a route: `#/servers/nas`. */
export function href(route: Route): string {
  return `#/${parts(route).map(encodePart).join('/')}${search(route.query)}`
}

function parts(route: Route): string[] {
  switch (route.page) {
    case 'settings':
      return ['settings']
    case 'restore':
      return route.step === 'system' ? ['restore'] : ['restore', route.step]
    case 'backups':
      if (route.mode === 'show') return ['backups', route.server, route.point]
      return route.mode === 'trash' ? ['backups', '+trash'] : ['backups']
    default:
      if (route.mode === 'list') return [route.page]
      if (route.mode === 'new') return [route.page, create]
      return route.mode === 'edit' ? [route.page, route.name, 'edit'] : [route.page, route.name]
  }
}

/** Encodes what an address cannot hold, and leaves `@` and `:` readable. */
const encodePart = (part: string) =>
  encodeURIComponent(part).replace(/%40/g, '@').replace(/%3A/g, ':').replace(/%2B/g, '+')

function search(query: Query['query']): string {
  const pairs = Object.entries(query ?? {}).filter(([, value]) => value !== '')
  if (pairs.length === 0) return ''
  return `?${pairs.map(([name, value]) => `${encodeURIComponent(name)}=${encodePart(value)}`).join('&')}`
}

/** Reads an address. What it does not know leads to the overview. */
export function parseRoute(hash: string): Route {
  const [path = '', text = ''] = hash.replace(/^#?\/?/, '').split('?', 2)
  const [page = '', first, second] = path.split('/').filter(Boolean).map(decodePart)
  const query = parseQuery(text)
  return { ...match(page, first, second), ...(Object.keys(query).length > 0 && { query }) }
}

function match(page: string, first: string | undefined, second: string | undefined): Route {
  switch (page) {
    case 'overview':
    case 'plans':
    case 'servers':
      if (first === undefined) return { page, mode: 'list' }
      if (first === create) return { page, mode: 'new' }
      return second === 'edit' ? { page, mode: 'edit', name: first } : { page, mode: 'show', name: first }
    case 'runs':
    case 'proofs':
    case 'sites':
      return first === undefined ? { page, mode: 'list' } : { page, mode: 'show', name: first }
    case 'switch':
      if (first === create) return { page, mode: 'new' }
      return first === undefined ? { page, mode: 'list' } : { page, mode: 'show', name: first }
    case 'restore':
      return { page, step: restoreSteps.find(step => step === first) ?? 'system' }
    case 'backups':
      if (first === '+trash') return { page, mode: 'trash' }
      if (first === undefined || second === undefined) return { page, mode: 'list' }
      return { page, mode: 'show', server: first, point: second }
    case 'settings':
      return { page }
    default:
      return { page: 'overview', mode: 'list' }
  }
}

function decodePart(part: string): string {
  try {
    return decodeURIComponent(part)
  } catch {
    return part
  }
}

function parseQuery(text: string): Record<string, string> {
  const query: Record<string, string> = {}
  for (const pair of text.split('&')) {
    const at = pair.indexOf('=')
    if (at > 0) query[decodePart(pair.slice(0, at))] = decodePart(pair.slice(at + 1))
  }
  return query
}
