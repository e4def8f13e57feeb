import { FaultPlans, FaultProxy } from '../support/fault-proxy.ts'
import type { Vsftpd } from '../support/servers/vsftpd.ts'

/**
 * Fault proxies in front of everything a vsftpd listens on. FTP's answers name only the port of a data
 * connection, so the proxies listen on 127.0.0.2 under the same numbers; a client that connects there for its
 * dialogue comes there with its data too.
 */
export class FtpProxies {
  readonly host = '127.0.0.2'
  readonly control: FaultProxy
  /** For the data connections, whichever port they use. */
  readonly dataPlans: FaultPlans
  readonly #data: readonly FaultProxy[]

  private constructor(control: FaultProxy, dataPlans: FaultPlans, data: readonly FaultProxy[]) {
    this.control = control
    this.dataPlans = dataPlans
    this.#data = data
  }

  static async start(server: Vsftpd): Promise<FtpProxies> {
    const listenHost = '127.0.0.2'
    const plans = new FaultPlans()
    const control = await FaultProxy.start({ targetPort: server.port, listenHost, listenPort: server.port })
    const data = await Promise.all(
      server.dataPorts.map(port =>
        FaultProxy.start({ targetPort: port, listenHost, listenPort: port, plans }),
      ),
    )
    return new FtpProxies(control, plans, data)
  }

  /** Bytes that data connections have carried so far. */
  get moved(): { up: number; down: number } {
    return this.#data.reduce((sum, { moved }) => ({ up: sum.up + moved.up, down: sum.down + moved.down }), {
      up: 0,
      down: 0,
    })
  }

  get dataConnections(): number {
    return this.#data.reduce((sum, proxy) => sum + proxy.count, 0)
  }

  /** Pulls the cable: dialogue and data stand still and nobody is told. Later connections hang as well. */
  unplug(): void {
    const dark = { halfOpen: { direction: 'up', after: 0 } } as const
    for (const proxy of [this.control, ...this.#data]) {
      proxy.always(dark)
      proxy.live(dark)
    }
  }

  async close(): Promise<void> {
    await Promise.all([this.control, ...this.#data].map(proxy => proxy.close()))
  }
}
