import { X509Certificate } from 'node:crypto'
import net from 'node:net'
import tls from 'node:tls'
import { EngineError } from '../../engine-error.ts'
import type { FtpServer } from '../server-record.ts'

/** Twice what moves in one piece, so that the wire is busy while the next one is made. */
const highWaterMark = 512 * 1024

/**
 * How the connections of one server are protected. All share one secure context: building one takes in some
 * three hundred certificates, and FTP opens a connection for each transfer.
 *
 * TLS 1.3 gives out tickets that some servers want to see again on the data connection but take only once, or not
 * at all. When that fails, `limitTo12` makes every later connection speak TLS 1.2, whose sessions may be used again.
 */
export class FtpSecurity {
  readonly mode: FtpServer['tls']
  readonly #host: string
  readonly #ca: string | undefined
  #limited: boolean
  #context: tls.SecureContext | undefined
  /** A data connection has come about under TLS 1.3, so a broken one later is not for the tickets. */
  proven13 = false

  constructor(record: FtpServer) {
    this.mode = record.tls
    this.#host = record.host
    this.#ca = record.ca
    this.#limited = record.learned['tlsMax'] === '1.2'
  }

  get limited(): boolean {
    return this.#limited
  }

  limitTo12(): void {
    this.#limited = true
    this.#context = undefined
  }

  /** A fresh object each time: basic-ftp writes into it. */
  options(): tls.ConnectionOptions {
    return {
      secureContext: (this.#context ??= this.#newContext()),
      // The identity that is checked, on data connections too; sessions are bound to it.
      host: this.#host,
      ...(net.isIP(this.#host) ? {} : { servername: this.#host }),
      highWaterMark,
    } as tls.ConnectionOptions
  }

  #newContext(): tls.SecureContext {
    try {
      // OpenSSL passes over what is no certificate, and then nothing would be trusted, or no one know why.
      if (this.#ca !== undefined) new X509Certificate(this.#ca)
      return tls.createSecureContext({
        ca: this.#ca === undefined ? systemRoots() : [...systemRoots(), this.#ca],
        minVersion: 'TLSv1.2',
        ...(this.#limited ? { maxVersion: 'TLSv1.2' } : {}),
      })
    } catch (cause) {
      const detail = 'the certificate authority given for this server is no PEM text'
      throw new EngineError('input.invalid', 'server.open', { subject: this.#host, detail, cause })
    }
  }
}

let roots: string[] | undefined

/** What Node brings and what the operating system trusts. */
function systemRoots(): string[] {
  roots ??= [...new Set([...tls.getCACertificates('default'), ...tls.getCACertificates('system')])]
  return roots
}
