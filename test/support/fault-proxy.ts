import { once } from 'node:events'
import net from 'node:net'
import { FaultConnection, type FaultPlan } from './fault-connection.ts'

export type { Direction, FaultPlan } from './fault-connection.ts'

export type FaultProxyOptions = {
  targetPort: number
  targetHost?: string
  /** Where to listen; FTP's data connections need the server's port on another loopback address. */
  listenHost?: string
  /** A free port when absent. */
  listenPort?: number
  /** Shared by several proxies that stand for one server, e.g. all data ports of FTP. */
  plans?: FaultPlans
}

/** Which plan the next connection gets. */
export class FaultPlans {
  #queued: FaultPlan[] = []
  #standing: FaultPlan = {}

  /** Plans for the connections to come, one each; after them the standing plan holds again. */
  next(...plans: FaultPlan[]): void {
    this.#queued.push(...plans)
  }

  /** The plan of every later connection. Forgets what `next` has queued. */
  always(plan: FaultPlan): void {
    this.#queued = []
    this.#standing = plan
  }

  take(): FaultPlan {
    return this.#queued.shift() ?? this.#standing
  }
}

/**
 * A TCP proxy in front of a real server, which lets a test break connections in a planned way:
 *
 *     await using proxy = await FaultProxy.start({ targetPort: server.port })
 *     proxy.next({ cut: { direction: 'up', after: 100_000, how: 'reset' } })   // the next connection only
 *     proxy.always({ bytesPerSecond: 50_000 })                                  // every later one
 *     proxy.live({ halfOpen: { direction: 'down', after: 0 } })                 // those that are open now
 *
 * It forwards with back-pressure and passes half-closes on. Byte counts of a plan are counted from the
 * connection's beginning also when the plan is set under way: `after: 0` strikes with the next piece.
 */
export class FaultProxy {
  readonly host: string
  readonly port: number
  /** All that came, in order, also those that are gone. */
  readonly connections: FaultConnection[] = []
  readonly #listener: net.Server
  readonly #live = new Set<FaultConnection>()
  readonly #plans: FaultPlans

  private constructor(
    listener: net.Server,
    host: string,
    target: { host: string; port: number },
    plans: FaultPlans,
  ) {
    const address = listener.address()
    if (address === null || typeof address === 'string') throw new Error('not a TCP listener')
    this.#listener = listener
    this.#plans = plans
    this.host = host
    this.port = address.port
    listener.on('connection', client => {
      const connection = new FaultConnection(this.connections.length, client, target, plans.take())
      this.connections.push(connection)
      if (connection.ended.aborted) return
      this.#live.add(connection)
      connection.ended.addEventListener('abort', () => this.#live.delete(connection), { once: true })
    })
  }

  static async start(options: FaultProxyOptions): Promise<FaultProxy> {
    const host = options.listenHost ?? '127.0.0.1'
    const listener = net.createServer({ allowHalfOpen: true })
    listener.listen(options.listenPort ?? 0, host)
    await once(listener, 'listening')
    const target = { host: options.targetHost ?? '127.0.0.1', port: options.targetPort }
    return new FaultProxy(listener, host, target, options.plans ?? new FaultPlans())
  }

  /** How many connections have come so far. */
  get count(): number {
    return this.connections.length
  }

  /** Bytes forwarded on all connections so far. */
  get moved(): { up: number; down: number } {
    const sum = { up: 0, down: 0 }
    for (const { moved } of this.connections) {
      sum.up += moved.up
      sum.down += moved.down
    }
    return sum
  }

  /** See `FaultPlans.next`. */
  next(...plans: FaultPlan[]): void {
    this.#plans.next(...plans)
  }

  /** See `FaultPlans.always`. */
  always(plan: FaultPlan): void {
    this.#plans.always(plan)
  }

  /** Changes the plan of all connections that are open now. */
  live(plan: FaultPlan): void {
    for (const connection of this.#live) connection.plan = plan
  }

  /** Ends all connections that are open now with RST. */
  resetAll(): void {
    for (const connection of this.#live) connection.reset()
  }

  /** Ends what is open and stops listening. */
  async close(): Promise<void> {
    if (!this.#listener.listening) return
    const closed = once(this.#listener, 'close')
    this.#listener.close()
    this.resetAll()
    await closed
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.close()
  }
}
