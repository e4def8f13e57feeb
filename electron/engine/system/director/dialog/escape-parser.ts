/** A piece of what a program wrote to its terminal. Text is cut anywhere: whoever reads must not care where. */
export type Piece =
  | { is: 'text'; text: string }
  /** Line feed, carriage return, tab or backspace. Every other control character is left out. */
  | { is: 'control'; char: '\n' | '\r' | '\t' | '\b' }
  /** `ESC [ params final`, complete. */
  | { is: 'csi'; params: string; final: string }

/** Longest control string (title, clipboard, picture) before it counts as unterminated, characters. */
const longestString = 4096
const longestCsi = 64

/** C0, DEL, C1, line separators, and what turns the direction of text: a question must read as it was matched. */
const special = /[\u0000-\u001f\u007f-\u009f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069]/g

type State = 'ground' | 'escape' | 'escape-more' | 'csi' | 'string' | 'string-escape'

/**
 * Takes terminal output apart, in pieces of any length (ECMA-48, as xterm does it). Control strings (OSC, DCS, APC,
 * PM, SOS) and short escape sequences are swallowed whole. A line feed ends whatever sequence is open, so that an
 * unterminated one hides at most the rest of its line: after each line feed it is at the beginning again.
 */
export class EscapeParser {
  #state: State = 'ground'
  #params = ''
  #length = 0

  feed(text: string): Piece[] {
    const pieces: Piece[] = []
    let at = 0
    while (at < text.length) {
      if (this.#state === 'ground') {
        special.lastIndex = at
        const end = special.exec(text)?.index ?? text.length
        if (end > at) pieces.push({ is: 'text', text: text.slice(at, end) })
        at = end
        if (at < text.length) this.#control(text[at++]!, pieces)
      } else if (this.#within(text[at]!, pieces)) at++
    }
    return pieces
  }

  #control(char: string, pieces: Piece[]): void {
    if (char === '\n' || char === '\r' || char === '\t' || char === '\b') pieces.push({ is: 'control', char })
    else if (char === '\x1b') this.#state = 'escape'
    else if (char === '\u009b') this.#open('csi')
    else if ('\u0090\u0098\u009d\u009e\u009f'.includes(char)) this.#open('string')
  }

  /** @returns false when `char` is no part of the sequence: it has ended it, and is looked at again */
  #within(char: string, pieces: Piece[]): boolean {
    switch (this.#state) {
      case 'escape':
        if (char === '[') return this.#open('csi')
        if (']PX^_'.includes(char)) return this.#open('string')
        if (char >= ' ' && char <= '/') return this.#open('escape-more')
        return this.#close(char >= '0' && char <= '~')
      case 'escape-more':
        if (char >= ' ' && char <= '/' && ++this.#length < longestCsi) return true
        return this.#close(char >= '0' && char <= '~')
      case 'csi':
        if (char >= ' ' && char <= '?' && ++this.#length < longestCsi) {
          this.#params += char
          return true
        }
        if (char >= '@' && char <= '~') pieces.push({ is: 'csi', params: this.#params, final: char })
        return this.#close(char >= '@' && char <= '~')
      case 'string':
        if (char === '\x1b') this.#state = 'string-escape'
        else if (char === '\n') return this.#close(false)
        else if ('\x07\x18\x1a\u009c'.includes(char) || ++this.#length >= longestString)
          this.#state = 'ground'
        return true
      default:
        if (char === '\\') return this.#close(true)
        this.#state = 'escape'
        return false
    }
  }

  #open(state: State): true {
    this.#state = state
    this.#params = ''
    this.#length = 0
    return true
  }

  #close(taken: boolean): boolean {
    this.#state = 'ground'
    return taken
  }
}

/** Text without anything that a terminal would not show. For texts that are whole; streams use the parser. */
export function visible(text: string): string {
  return new EscapeParser()
    .feed(text)
    .map(piece => (piece.is === 'text' ? piece.text : piece.is === 'control' ? piece.char : ''))
    .join('')
}
