/** Longer than any sequence that is meant: what goes on like that is text. */
const longest = 4096

/** Sequences as a terminal knows them, each at one place of a text. */
const csi = at(String.raw`\x1b\[([\x30-\x3f]*)[\x20-\x2f]*([\x40-\x7e])`)
/** Titles, links, the clipboard, the palette: OSC, DCS, SOS, PM and APC, with all that is in them. */
const string = at(String.raw`\x1b[\]PX^_][^\x07\x1b\n]*(?:\x07|\x1b\\)`)
const short = at(String.raw`\x1b[\x20-\x2f]*[\x30-\x7e]`)
/** One that the end of the text cuts off. */
const begun = at(String.raw`\x1b(?:\[[\x20-\x3f]*|[\]PX^_][^\x07\x1b\n]*\x1b?|[\x20-\x2f]*)$`)

/** All control characters but tab, line feed, carriage return and backspace. */
const silent = new RegExp(String.raw`[\x00-\x07\x0b\x0c\x0e-\x1f\x7f-\x9f]`, 'g')
const turning = /[\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069\ufeff]/g

/** Ansible's words at the beginning of a line, and questions of `setup.sh`, with the colour they get. */
const colours: readonly (readonly [begins: string, colour: number])[] = [
  ['ok: [', 32],
  ['changed: [', 33],
  ['skipping: [', 36],
  ['failed: [', 31],
  ['fatal: [', 31],
  ['Enter ', 34],
]

/**
 * Makes a program's output harmless before a terminal gets it. What is left: text, the sixteen colours as foreground,
 * bold, italic, underlined, inverse, the cursor moved within the lines near it, a line cleared. Nothing sets a title,
 * makes a link, fills the clipboard, hides or clears what was said before, or asks the terminal for an answer. Lines
 * of Ansible that have no colour of their own get one. Takes the output in pieces of any size.
 */
export class SafeOutput {
  #cut = ''
  #atStart = true
  #coloured = false
  #held = ''

  /** @returns what a terminal may show of it now; the rest comes with the next piece, or with `rest` */
  feed(piece: string): string {
    return this.#dress(this.#strip(piece))
  }

  /** What is held back because it may be the beginning of something; for when nothing more comes. */
  rest(): string {
    const held = this.#held
    this.#held = ''
    if (held === '') return ''
    this.#atStart = false
    return held
  }

  #strip(piece: string): string {
    const all = this.#cut + piece
    this.#cut = ''
    let out = ''
    let from = 0
    for (;;) {
      const esc = all.indexOf('\x1b', from)
      if (esc < 0) return out + plain(all.slice(from))
      out += plain(all.slice(from, esc))
      const sequence = match(csi, all, esc)
      const skipped = sequence ?? match(string, all, esc)
      if (sequence) out += allowed(sequence[1] ?? '', sequence[2] ?? '')
      else if (!skipped && all.length - esc < longest && match(begun, all, esc)) {
        this.#cut = all.slice(esc)
        return out
      }
      // An escape that begins nothing is left out, and what follows it is text.
      const length = (skipped ?? match(short, all, esc))?.[0].length ?? 1
      from = esc + length
    }
  }

  #dress(piece: string): string {
    const all = this.#held + piece
    this.#held = ''
    let out = ''
    let from = 0
    while (from < all.length) {
      const end = all.indexOf('\n', from)
      const line = all.slice(from, end < 0 ? all.length : end)
      if (this.#atStart) {
        if (end < 0 && colours.some(([begins]) => line.length < begins.length && begins.startsWith(line))) {
          this.#held = line
          return out
        }
        const [, colour] = colours.find(([begins]) => line.startsWith(begins)) ?? []
        this.#coloured = colour !== undefined && !line.includes('\x1b')
        if (this.#coloured) out += `\x1b[${colour}m`
      }
      if (end < 0) {
        this.#atStart = false
        return out + line
      }
      out += this.#coloured ? `${line}\x1b[39m\n` : `${line}\n`
      this.#coloured = false
      this.#atStart = true
      from = end + 1
    }
    return out
  }
}

/** What may stand of a control sequence. */
function allowed(parameters: string, final: string): string {
  if (final === 'm') return sgr(parameters)
  // Within 99 cells of where it is, and the line it is in.
  if (/^[CDGK]$/.test(final) && /^\d{0,3}$/.test(parameters)) return `\x1b[${parameters}${final}`
  return ''
}

/**
 * Colours beyond the sixteen and those of the ground are left out: they could make text that cannot be read, and a page
 * without inline styles cannot draw them.
 */
function sgr(parameters: string): string {
  const given = parameters === '' ? [0] : parameters.split(';').map(part => (part === '' ? 0 : Number(part)))
  const kept: number[] = []
  for (let index = 0; index < given.length; index++) {
    const value = given[index] ?? 0
    if (value === 38 || value === 48 || value === 58) index += given[index + 1] === 2 ? 4 : 2
    else if (isKept(value)) kept.push(value)
  }
  return kept.length === 0 ? '' : `\x1b[${kept.join(';')}m`
}

const isKept = (value: number) =>
  [0, 1, 3, 4, 7, 22, 23, 24, 27, 39].includes(value) ||
  (value >= 30 && value <= 37) ||
  (value >= 90 && value <= 97)

function plain(part: string): string {
  return part
    .replace(silent, '')
    .replace(turning, char => `\\u${char.codePointAt(0)?.toString(16).padStart(4, '0') ?? ''}`)
}

/** A pattern that is tried at one place. */
function at(source: string): RegExp {
  return new RegExp(source, 'y')
}

function match(pattern: RegExp, all: string, place: number): RegExpExecArray | null {
  pattern.lastIndex = place
  return pattern.exec(all)
}
