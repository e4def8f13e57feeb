import { EscapeParser } from './escape-parser.ts'

/** Longest line that is kept, characters; what is beyond is left out. */
const longest = 64 * 1024

/**
 * The visible lines of terminal output that comes in pieces of any length. A carriage return within a line begins it
 * anew, as a progress display does it.
 */
export class LineSplitter {
  readonly #parser = new EscapeParser()
  readonly #done: (line: string) => void
  #parts: string[] = []
  #length = 0
  #returned = false

  /** @param done gets each line when its line feed has come, without it */
  constructor(done: (line: string) => void) {
    this.#done = done
  }

  feed(text: string): void {
    for (const piece of this.#parser.feed(text)) {
      if (piece.is === 'text') this.#add(piece.text)
      else if (piece.is === 'csi') continue
      else if (piece.char === '\n') this.end()
      else if (piece.char === '\r') this.#returned = true
      else if (piece.char === '\t') this.#add(' ')
    }
  }

  /** No more comes: what stands in the last line is a line as well. */
  end(): void {
    const line = this.#parts.join('').trimEnd()
    this.#clear()
    this.#done(line)
  }

  #add(text: string): void {
    if (this.#returned) this.#clear()
    const room = longest - this.#length
    if (room <= 0) return
    this.#parts.push(text.slice(0, room))
    this.#length += Math.min(room, text.length)
  }

  #clear(): void {
    this.#parts = []
    this.#length = 0
    this.#returned = false
  }
}
