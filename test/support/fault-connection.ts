import { EventEmitter, once } from 'node:events'
import net from 'node:net'
import { setTimeout as sleep } from 'node:timers/promises'

/** `up` is client → server, `down` is server → client. */
export type Direction = 'up' | 'down'

/**
 * What befalls one connection. Several faults may be combined; an empty plan forwards faithfully.
 * Byte counts are per connection and direction, in bytes on the wire (with TLS: the encrypted ones).
 */
export type FaultPlan = {
  /** Resets the client at once, before a byte moves and without calling the server. */
  refuse?: boolean
  /**
   * Ends the connection on both sides once exactly `after` bytes were forwarded in `direction`: `reset` sends
   * RST, `close` sends FIN. What would have followed is thrown away.
   */
  cut?: { direction: Direction; after: number; how: 'reset' | 'close' }
  /**
   * Once exactly `after` bytes were forwarded in `direction`, nothing moves any more in either direction and
   * nobody is told, neither by FIN nor by RST: a pulled cable, a NAT that forgot. Another plan plugs it in again.
   */
  halfOpen?: { direction: Direction; after: number }
  /** Resets both sides when the first answer arrives after the client has sent at least `afterUp` bytes. */
  resetBeforeAnswer?: { afterUp: number }
  /** Inverts all bits of the byte at offset `at` in `direction`. */
  corrupt?: { direction: Direction; at: number }
  /** Waits this many ms before each piece goes on. */
  delayMs?: number
  /** Most bytes per second in each direction. */
  bytesPerSecond?: number
}

/** One connection through the fault proxy. Its plan may be changed at any time and holds from the next piece on. */
export class FaultConnection {
  /** 0 for the first that came to the proxy. */
  readonly index: number
  /** Bytes forwarded so far. */
  readonly moved: { up: number; down: number } = { up: 0, down: 0 }
  /** Aborted when both sides are gone. */
  readonly ended: AbortSignal
  readonly #client: net.Socket
  readonly #server = new net.Socket({ allowHalfOpen: true })
  readonly #end = new AbortController()
  readonly #changed = new EventEmitter().setMaxListeners(0)
  #plan: FaultPlan

  constructor(index: number, client: net.Socket, target: { host: string; port: number }, plan: FaultPlan) {
    this.index = index
    this.#client = client
    this.#plan = plan
    this.ended = this.#end.signal
    this.#watch(client, this.#server)
    this.#watch(this.#server, client)
    if (plan.refuse) {
      this.reset()
      return
    }
    this.#server.connect(target)
    this.#server.once('connect', () => {
      client.setNoDelay(true)
      this.#server.setNoDelay(true)
      void this.#forward('up', client, this.#server)
      void this.#forward('down', this.#server, client)
    })
  }

  get plan(): FaultPlan {
    return this.#plan
  }

  set plan(plan: FaultPlan) {
    this.#plan = plan
    this.#changed.emit('plan')
  }

  /** Ends both sides with RST now. */
  reset(): void {
    this.#client.resetAndDestroy()
    this.#server.resetAndDestroy()
    // A server that was never called does not report its end.
    if (this.#server.connecting || this.#server.pending) this.#server.destroy()
  }

  #watch(socket: net.Socket, other: net.Socket): void {
    // An error on one side is passed on as a reset, as a peer without a proxy would see it.
    socket.on('error', () => {
      if (!this.#isDark()) other.resetAndDestroy()
    })
    socket.on('close', () => {
      if (other.destroyed) this.#end.abort()
    })
  }

  /** Whether a half-open fault has struck: nothing moves, nobody is told. */
  #isDark(): boolean {
    const { halfOpen } = this.#plan
    return halfOpen !== undefined && this.moved[halfOpen.direction] >= halfOpen.after
  }

  async #forward(direction: Direction, from: net.Socket, to: net.Socket): Promise<void> {
    try {
      // `destroyOnReturn: false`: the end of one direction must leave the other one open.
      const chunks: AsyncIterable<Buffer> = from.iterator({ destroyOnReturn: false })
      await this.#whileDark()
      if (this.#cutIsDue(direction)) return this.#cut()
      for await (const chunk of chunks) {
        if (!(await this.#pass(direction, chunk, to))) return
      }
      await this.#whileDark()
      to.end()
    } catch {
      // The error listener has told the other side already, or the connection has ended.
    }
  }

  /** Moves one chunk as the plan wants it; false when the connection was cut. */
  async #pass(direction: Direction, chunk: Buffer, to: net.Socket): Promise<boolean> {
    let rest = chunk
    while (rest.length > 0) {
      await this.#whileDark()
      const plan = this.#plan
      if (direction === 'down' && plan.resetBeforeAnswer && this.moved.up >= plan.resetBeforeAnswer.afterUp) {
        this.reset()
        return false
      }
      const piece = rest.subarray(0, this.#mostNow(direction, rest.length))
      rest = rest.subarray(piece.length)
      const wait =
        (plan.delayMs ?? 0) + (plan.bytesPerSecond ? (piece.length / plan.bytesPerSecond) * 1000 : 0)
      if (wait > 0) await sleep(wait, undefined, { signal: this.ended })
      const roomLeft = to.write(this.#corrupted(direction, piece))
      this.moved[direction] += piece.length
      if (this.#cutIsDue(direction)) {
        this.#cut()
        return false
      }
      if (!roomLeft) await once(to, 'drain', { signal: this.ended })
    }
    return true
  }

  /** How many bytes may go in one piece: up to the next fault, and little under a rate so that the flow is even. */
  #mostNow(direction: Direction, available: number): number {
    const { cut, halfOpen, bytesPerSecond } = this.#plan
    let most = available
    if (bytesPerSecond !== undefined) most = Math.min(most, Math.max(1, Math.ceil(bytesPerSecond / 20)))
    for (const fault of [cut, halfOpen]) {
      if (fault?.direction === direction)
        most = Math.min(most, Math.max(1, fault.after - this.moved[direction]))
    }
    return most
  }

  #cutIsDue(direction: Direction): boolean {
    const { cut } = this.#plan
    return cut?.direction === direction && this.moved[direction] >= cut.after
  }

  #cut(): void {
    if (this.#plan.cut?.how === 'reset') return this.reset()
    this.#client.destroySoon()
    this.#server.destroySoon()
  }

  async #whileDark(): Promise<void> {
    while (this.#isDark()) await once(this.#changed, 'plan', { signal: this.ended })
  }

  #corrupted(direction: Direction, piece: Buffer): Buffer {
    const { corrupt } = this.#plan
    const index = (corrupt?.at ?? 0) - this.moved[direction]
    if (corrupt?.direction !== direction || index < 0 || index >= piece.length) return piece
    const copy = Buffer.from(piece)
    copy[index] = ~(copy[index] ?? 0) & 0xff
    return copy
  }
}
