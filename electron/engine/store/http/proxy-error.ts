/** The proxy on the way could not be reached or would not let us through. Never holds the proxy's password. */
export class ProxyError extends Error {
  readonly code = 'EPROXY'

  constructor(message: string, cause?: unknown) {
    super(message, { cause })
    this.name = 'ProxyError'
  }

  static unreachable(proxy: URL, cause: unknown): ProxyError {
    if (cause instanceof ProxyError) return cause
    const reason = (cause as { code?: string }).code ?? 'no answer'
    return new ProxyError(`the proxy ${proxy.host} cannot be reached (${reason})`, cause)
  }

  static refused(proxy: URL, status: number | null): ProxyError {
    if (status === 407) return new ProxyError(`the proxy ${proxy.host} wants a user and a password (407)`)
    return new ProxyError(`the proxy ${proxy.host} refused to connect (${status ?? 'no status'})`)
  }
}
