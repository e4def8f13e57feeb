import { createHmac } from 'node:crypto'
import type { PlainAnswer, PlainGet } from '../http/plain-get.ts'
import type { AzureAccount } from './azure-account.ts'

/** Old enough for every service and appliance; what a ranged GET says has not changed since. */
const apiVersion = '2019-12-12'

/** Reads ranges of blobs past the SDK. Any answer but a plain success is null, and the SDK is to ask again. */
export class AzureGet {
  readonly #plain: PlainGet
  readonly #account: AzureAccount

  constructor(plain: PlainGet, account: AzureAccount) {
    this.#plain = plain
    this.#account = account
  }

  /**
   * @param address of the blob as the SDK gives it, with the SAS token if there is one
   * @param last of the bytes wanted; undefined for all from `first` on
   * @throws errors as sockets have them, and the signal's reason
   */
  async ask(
    address: string,
    first: number,
    last: number | undefined,
    signal: AbortSignal | undefined,
  ): Promise<PlainAnswer | null> {
    if (!this.#plain.understood) return null
    const url = new URL(address)
    const whole = first === 0 && last === undefined
    const signed: Record<string, string> = {
      'x-ms-date': new Date().toUTCString(),
      ...(whole ? {} : { 'x-ms-range': `bytes=${first}-${last ?? ''}` }),
      'x-ms-version': apiVersion,
    }
    const { key, account } = this.#account
    const proof =
      key === null ? {} : { authorization: `SharedKey ${account}:${signature(key, account, url, signed)}` }
    return this.#plain.ask(
      {
        host: url.hostname.replace(/^\[|\]$/g, ''),
        port: Number(url.port) || (url.protocol === 'https:' ? 443 : 80),
        path: url.pathname + url.search,
        headers: { host: url.host, accept: '*/*', ...signed, ...proof },
      },
      signal,
    )
  }

  destroy(): void {
    this.#plain.destroy()
  }
}

/** Authorize with Shared Key: a GET without a body and without a query, whose only headers are those of the service. */
function signature(key: string, account: string, url: URL, headers: Record<string, string>): string {
  const named = Object.entries(headers).map(([name, value]) => `${name}:${value}\n`)
  // After the verb come eleven standard headers, none of which is sent.
  const text = `GET\n${'\n'.repeat(11)}${named.sort().join('')}/${account}${url.pathname}`
  return createHmac('sha256', Buffer.from(key, 'base64')).update(text, 'utf8').digest('base64')
}
