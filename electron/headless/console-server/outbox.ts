import type { WebSocket } from 'ws'

/** Above this nothing more is handed to the socket until it has sent some, bytes. */
const highWater = 1024 * 1024
/** A reader that lets more events than this wait gets them no more, and is to ask anew. */
const mostEvents = 2000

/**
 * What goes out to one page. Answers are sent in their order. Of events that tell the state of one thing only the
 * newest waits: a slow reader misses snapshots in between and never the last, and costs no memory that grows.
 */
export class Outbox {
  readonly #socket: WebSocket
  readonly #answers: { text: string; sent: () => void }[] = []
  readonly #events = new Map<string, string>()

  constructor(socket: WebSocket) {
    this.#socket = socket
  }

  /** @param sent called once the socket has taken it, or never will */
  answer(text: string, sent: () => void): void {
    this.#answers.push({ text, sent })
    this.#pump()
  }

  /** @param key events of one key replace each other. @returns false when this reader is too slow to be served */
  event(key: string, text: string): boolean {
    // Anew at the end: what has changed last is told last.
    this.#events.delete(key)
    this.#events.set(key, text)
    this.#pump()
    return this.#events.size <= mostEvents
  }

  #pump(): void {
    const socket = this.#socket
    while (socket.readyState === socket.OPEN && socket.bufferedAmount < highWater) {
      const answer = this.#answers.shift()
      if (answer) {
        this.#send(answer.text, answer.sent)
        continue
      }
      const [next] = this.#events
      if (!next) return
      this.#events.delete(next[0])
      this.#send(next[1], () => {})
    }
    if (socket.readyState !== socket.OPEN) {
      for (const { sent } of this.#answers.splice(0)) sent()
      this.#events.clear()
    }
  }

  #send(text: string, sent: () => void): void {
    this.#socket.send(text, () => {
      sent()
      this.#pump()
    })
  }
}
