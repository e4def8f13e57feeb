import { S3Client } from '@aws-sdk/client-s3'
import { NodeHttpHandler } from '@smithy/node-http-handler'
import type { ClientRequest, IncomingMessage } from 'node:http'
import path from 'node:path'
import { Readable } from 'node:stream'
import { EngineError } from '../../engine-error.ts'
import type { HttpAgents } from '../http/agents.ts'
import { httpAgents } from '../http/agents.ts'
import { PlainGet } from '../http/plain-get.ts'
import type { S3Secrets, S3Server, StoreContext } from '../server-record.ts'

/** Parts of one upload under way at once. Four keep a fast link busy; each holds a buffer of the caller's. */
export const uploadWidth = 4

export type S3Connection = {
  client: S3Client
  agents: HttpAgents
  /** For large bodies; null when a proxy is on the way. */
  plain: PlainGet | null
  /** Whether bytes travel inside TLS. */
  secure: boolean
  pathStyle: boolean
  /** Server's clock minus ours in ms, as the last answer's `Date` told (whole seconds); null before the first. */
  clockOffsetMs(): number | null
}

/** Opens nothing yet: the first request connects. */
export function connectS3(record: S3Server, secrets: S3Secrets | null, context: StoreContext): S3Connection {
  const endpoint = new URL(record.endpoint ?? `https://s3.${record.region}.amazonaws.com`)
  const agents = httpAgents({
    endpoint,
    ca: record.ca,
    env: context.env,
    // Two uploads at full width, with room for the listing or the stat that must not wait behind them.
    maxSockets: uploadWidth * 2 + 4,
  })
  const pathStyle = record.pathStyle ?? record.endpoint !== undefined
  const client = new S3Client({
    ...(record.endpoint === undefined ? {} : { endpoint: record.endpoint }),
    region: record.region,
    forcePathStyle: pathStyle,
    credentials:
      secrets === null ? profileCredentials(record.profile, context.env) : staticCredentials(secrets),
    // Retries are `retrying`'s business: two layers multiply their waits and hide what went wrong.
    maxAttempts: 1,
    // The SDK's newer default adds checksums that many S3-compatible servers answer with errors.
    requestChecksumCalculation: 'WHEN_REQUIRED',
    responseChecksumValidation: 'WHEN_REQUIRED',
    // With agents of our own the SDK would send the header and not wait for the answer.
    expectContinueHeader: false,
    followRegionRedirects: false,
    // A server must not be able to make us write to standard output, and headers do not belong in logs.
    logger: { trace: quiet, debug: quiet, info: quiet, warn: quiet, error: quiet },
    requestHandler: new NodeHttpHandler({
      httpAgent: agents.httpAgent,
      httpsAgent: agents.httpsAgent,
      // No limits here: connecting is limited by the agents, standing still by the watchdog.
      requestTimeout: 0,
      socketTimeout: 0,
      logger: { trace: quiet, debug: quiet, info: quiet, warn: quiet, error: quiet },
    }),
  })
  // The SDK corrects a skewed clock on its own, but for one request only and not for parallel ones; an operator
  // would see the same call fail and work by turns. So a wrong clock stays an error that says by how much.
  Object.defineProperty(client.config, 'systemClockOffset', { get: () => 0, set: quiet })
  let clockOffset: number | null = null
  client.middlewareStack.add(
    (next, context) => async args => {
      const result = await next(args)
      const { headers, body, statusCode: status } = result.response as Answer
      const at = Date.parse(headers?.['date'] ?? '')
      if (Number.isFinite(at)) clockOffset = at - Date.now()
      const request = (body as { req?: ClientRequest } | undefined)?.req
      // Swift sends the end of a chunked body after a HEAD that fails: on a kept connection it would be taken for the
      // beginning of the next answer.
      if (request?.method === 'HEAD' && headers?.['transfer-encoding'] !== undefined)
        request.shouldKeepAlive = false
      if (body && (context['commandName'] !== 'GetObjectCommand' || status >= 300)) {
        ;(result.response as { body: Readable }).body = Readable.from(bounded(body), { objectMode: false })
      }
      return result
    },
    { step: 'deserialize', priority: 'low', name: 'drydockAnswer' },
  )
  return {
    client,
    agents,
    plain: agents.connect && new PlainGet(agents.connect),
    secure: endpoint.protocol === 'https:',
    pathStyle,
    clockOffsetMs: () => clockOffset,
  }
}

type Answer = { statusCode: number; headers?: Record<string, string>; body?: IncomingMessage }

/** A page of 1000 names with all that may come with them stays far below this. */
const maxAnswerBytes = 16 * 1024 * 1024

/** What the SDK reads into memory whole; a server that sends without end is cut off. */
async function* bounded(body: AsyncIterable<Buffer>): AsyncGenerator<Buffer> {
  let bytes = 0
  for await (const chunk of body) {
    bytes += chunk.length
    if (bytes > maxAnswerBytes) {
      throw new EngineError('remote.wrong-answer', 'server.answer', {
        detail: 'the server sent an answer without end',
      })
    }
    yield chunk
  }
}

const quiet = (): void => {}

function staticCredentials(secrets: S3Secrets) {
  return {
    accessKeyId: secrets.accessKeyId,
    secretAccessKey: secrets.secretAccessKey,
    ...(secrets.sessionToken === undefined ? {} : { sessionToken: secrets.sessionToken }),
  }
}

/** Loads the package when it is needed first: it brings clients for single sign-on and more. */
function profileCredentials(profile: string | undefined, env: StoreContext['env']) {
  const home = env['HOME'] ?? env['USERPROFILE']
  const file = (variable: string, name: string) => env[variable] ?? (home && path.join(home, '.aws', name))
  const filepath = file('AWS_SHARED_CREDENTIALS_FILE', 'credentials')
  const configFilepath = file('AWS_CONFIG_FILE', 'config')
  return async () => {
    const { fromIni } = await import('@aws-sdk/credential-providers')
    return fromIni({
      ...(profile === undefined ? {} : { profile }),
      ...(filepath === undefined ? {} : { filepath }),
      ...(configFilepath === undefined ? {} : { configFilepath }),
      ignoreCache: true,
    })()
  }
}
