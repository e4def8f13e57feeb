import type { S3Client, ServiceInputTypes, ServiceOutputTypes } from '@aws-sdk/client-s3'
import { webcrypto } from 'node:crypto'
import { EngineError } from '../../engine-error.ts'
import type { Transfer } from '../object-store.ts'
import type { PlainAnswer } from '../http/plain-get.ts'
import { GatedBody } from './gated-body.ts'
import type { S3Connection } from './s3-client.ts'
import { fromS3Error } from './s3-errors.ts'
import { signedRequest } from './signed-request.ts'

export type Call = { during: string; subject: string; signal?: AbortSignal | undefined }

/** A command of the SDK that takes `I` and answers `O`. */
export type S3Command<I extends ServiceInputTypes, O extends ServiceOutputTypes> = Parameters<
  typeof S3Client.prototype.send<I, O>
>[0]

/** Sends commands and turns whatever goes wrong into an `EngineError`. */
export class S3Calls {
  readonly #connection: S3Connection
  readonly #secrets: readonly string[]

  constructor(connection: S3Connection, secrets: readonly string[]) {
    this.#connection = connection
    this.#secrets = secrets
  }

  async send<I extends ServiceInputTypes, O extends ServiceOutputTypes>(
    command: S3Command<I, O>,
    call: Call,
  ): Promise<O> {
    try {
      call.signal?.throwIfAborted()
      return await this.#send(command, call.signal)
    } catch (err) {
      throw this.failure(err, call)
    }
  }

  /**
   * Sends a command whose body are `bytes`, through the gate. `make` gets the body to put into the command.
   * Resolves once the server has answered that it holds them.
   */
  async sendBytes<I extends ServiceInputTypes, O extends ServiceOutputTypes>(
    make: (body: GatedBody | Buffer) => S3Command<I, O>,
    bytes: Uint8Array,
    call: Call & Pick<Transfer, 'gate'>,
  ): Promise<O> {
    if (bytes.length === 0) return this.send(make(Buffer.alloc(0)), call)
    const stop = new AbortController()
    const onAbort = () => stop.abort(call.signal?.reason)
    const body = new GatedBody(bytes, call.gate)
    let gateFailure: unknown = null
    // The SDK would wait for ever for a body that broke: an error of the gate ends the request here.
    body.once('error', err => {
      gateFailure = err
      stop.abort(err)
    })
    call.signal?.addEventListener('abort', onAbort, { once: true })
    try {
      call.signal?.throwIfAborted()
      const command = make(body)
      const hash = await this.#payloadHash(bytes)
      command.middlewareStack.add(
        next => async args => {
          const { headers } = args.request as { headers: Record<string, string> }
          headers['x-amz-content-sha256'] = hash
          return next(args)
        },
        { step: 'build', name: 'drydockPayloadHash' },
      )
      stop.signal.throwIfAborted()
      const output = await this.#send(command, stop.signal)
      if (!body.exhausted) throw wrongAnswer(call, 'it answered before it had taken everything')
      return output
    } catch (err) {
      throw this.failure(gateFailure ?? err, call)
    } finally {
      call.signal?.removeEventListener('abort', onAbort)
      // After an early answer the request would keep its socket for ever, waiting for the rest of its body.
      if (!body.exhausted) stop.abort()
      body.destroy()
    }
  }

  /**
   * Sends a command that only reads, past the SDK; null when its answer is not the plain success that `PlainGet` knows,
   * and `send` is to find out what it is.
   */
  async sendPlain<I extends ServiceInputTypes, O extends ServiceOutputTypes>(
    command: S3Command<I, O>,
    call: Call,
  ): Promise<PlainAnswer | null> {
    const { plain } = this.#connection
    if (!plain?.understood) return null
    try {
      call.signal?.throwIfAborted()
      const request = await signedRequest(this.#connection.client, command)
      return request && (await plain.ask(request, call.signal))
    } catch (err) {
      throw this.failure(err, call)
    }
  }

  /** The `EngineError` of whatever was thrown during `call`. */
  failure(err: unknown, call: Call): EngineError {
    if (err instanceof EngineError) return err
    if (call.signal?.aborted) {
      const reason: unknown = call.signal.reason
      if (reason instanceof EngineError) return reason
      return new EngineError('cancelled', call.during, { subject: call.subject, cause: reason })
    }
    return fromS3Error(err, {
      during: call.during,
      subject: call.subject,
      clockOffsetMs: this.#connection.clockOffsetMs(),
      secrets: this.#secrets,
    })
  }

  #send<I extends ServiceInputTypes, O extends ServiceOutputTypes>(
    command: S3Command<I, O>,
    signal: AbortSignal | undefined,
  ): Promise<O> {
    return this.#connection.client.send(command, signal ? { abortSignal: signal } : {})
  }

  /**
   * Inside TLS the payload need not be signed as well. Outside, its hash is what lets the server notice a change on
   * the way; it is computed on another thread, where the SDK would hold up the event loop with it.
   */
  async #payloadHash(bytes: Uint8Array): Promise<string> {
    if (this.#connection.secure) return 'UNSIGNED-PAYLOAD'
    const view = new Uint8Array(bytes.buffer as ArrayBuffer, bytes.byteOffset, bytes.byteLength)
    return Buffer.from(await webcrypto.subtle.digest('SHA-256', view)).toString('hex')
  }
}

/** For an answer that was a success by its status and none by its content. */
export function wrongAnswer(call: Call, detail: string): EngineError {
  return new EngineError('remote.wrong-answer', call.during, { subject: call.subject, detail })
}
