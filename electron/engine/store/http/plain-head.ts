export type Head = { status: number; headers: ReadonlyMap<string, string>; keepAlive: boolean }

/** Node's parser allows as much. */
export const maxHeadBytes = 16 * 1024

/** What begins an HTTP/1 answer, without the empty line; null when it is none. A header that comes twice is joined. */
export function parseHead(text: string): Head | null {
  const [first = '', ...lines] = text.split('\r\n')
  const [, minor, status] = /^HTTP\/1\.([01]) (\d{3})(?: |$)/.exec(first) ?? []
  if (status === undefined) return null
  const headers = new Map<string, string>()
  for (const line of lines) {
    const [, name, value] = /^([!#$%&'*+.^_`|~0-9A-Za-z-]+):[ \t]*(.*?)[ \t]*$/.exec(line) ?? []
    if (name === undefined || value === undefined || /[\r\n\0]/.test(value)) return null
    const key = name.toLowerCase()
    const before = headers.get(key)
    headers.set(key, before === undefined ? value : `${before}, ${value}`)
  }
  const connection = (headers.get('connection') ?? '').toLowerCase()
  const keepAlive = minor === '1' ? !connection.includes('close') : connection.includes('keep-alive')
  return { status: Number(status), headers, keepAlive }
}

/** The length of a body that is nothing but that many bytes; null for any other. */
export function plainLength({ status, headers }: Head): number | null {
  if (status !== 200 && status !== 206) return null
  if (headers.has('transfer-encoding') || headers.has('content-encoding')) return null
  const length = headers.get('content-length') ?? ''
  return /^\d{1,15}$/.test(length) ? Number(length) : null
}
