import type { S3Client, ServiceInputTypes, ServiceOutputTypes } from '@aws-sdk/client-s3'
import type { PlainRequest } from '../http/plain-get.ts'

type HttpRequest = {
  protocol: string
  hostname: string
  port?: number
  path: string
  query?: Record<string, string | string[] | null>
  headers: Record<string, string>
}

/**
 * What the SDK would send for a command without a body: addressed, signed, and then held back, as its own presigner
 * does. Null for a request that has more to it than `PlainRequest` can say.
 */
export async function signedRequest<I extends ServiceInputTypes, O extends ServiceOutputTypes>(
  client: S3Client,
  command: Parameters<typeof S3Client.prototype.send<I, O>>[0],
): Promise<PlainRequest | null> {
  let held: HttpRequest | null = null
  command.middlewareStack.addRelativeTo(
    () => async (args: { request: unknown }) => {
      held = args.request as HttpRequest
      return { response: {}, output: { $metadata: {} } as O }
    },
    { relation: 'after', toMiddleware: 'httpSigningMiddleware', name: holding },
  )
  try {
    await client.send(command)
  } finally {
    command.middlewareStack.remove(holding)
  }
  return held && plainRequest(held)
}

const holding = 'drydockHold'

function plainRequest({ protocol, hostname, port, path, query, headers }: HttpRequest): PlainRequest | null {
  const pairs: string[] = []
  for (const [name, value] of Object.entries(query ?? {})) {
    if (typeof value !== 'string') return null
    pairs.push(`${encodeURIComponent(name)}=${encodeURIComponent(value)}`)
  }
  return {
    host: hostname.replace(/^\[|\]$/g, ''),
    port: port ?? (protocol === 'https:' ? 443 : 80),
    path: pairs.length === 0 ? path : `${path}?${pairs.join('&')}`,
    headers,
  }
}
