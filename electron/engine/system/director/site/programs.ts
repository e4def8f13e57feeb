/** What a command for `sh` runs, as far as its text tells. */
export type Programs = {
  /** In the order of their first use. A path stays one. */
  names: string[]
  /** Whether all of them are needed: one that is tried before another, or looked for first, may be missing. */
  sure: boolean
}

/** Stay where a command begins. */
const leading = new Set(['!', '{', 'then', 'do', 'else', 'time', 'exec', 'builtin'])
const conditional = new Set(['if', 'elif', 'while', 'until'])
/** Parts of the shell that nothing has to be installed for. */
const ofTheShell = new Set(
  `: . [ [[ alias bg break cd continue declare done echo esac eval exit export false fg fi for getopts hash jobs
  kill let local popd printf pushd pwd read readonly return select set shift shopt source test times trap true type
  typeset ulimit umask unalias unset wait }`.split(/\s+/),
)
/** Looking for a program, or reading commands from elsewhere: what else it runs cannot be told. */
const looksAround = new Set(['[', '[[', 'test', 'type', 'hash', 'which', 'eval', 'source', '.'])
/** Programs that run another one. */
const wrappers = new Set(['sudo', 'nohup', 'setsid', 'nice', 'ionice', 'env'])
const assignment = /^[A-Za-z_][A-Za-z0-9_]*\+?=/
/** More than any command of an operator's names. */
const most = 32
/** Groups and substitutions inside each other; a text that nests deeper is read no further. */
const deepest = 40

/**
 * Reads which programs a command needs, without running anything. Defensive: what it does not understand (here
 * documents, functions, `case`) ends the reading, and what it found so far is not `sure`.
 */
export function programsOf(command: string): Programs {
  const names: string[] = []
  // Where it looks for them itself, the login's own path says nothing.
  let sure = !/(?:^|[\s;])PATH=/.test(command)
  let at = 0
  let depth = 0
  const doubt = () => void (sure = false)
  const giveUp = () => {
    doubt()
    at = command.length
  }

  /** Up to the closing `end` of a substitution or a group, or to the end of the text. */
  const commands = (end: ')' | '`' | null): void => {
    if (++depth > deepest) return giveUp()
    readUntil(end)
    depth--
  }

  const readUntil = (end: ')' | '`' | null) => {
    let begins = true
    let alternative = false
    let skips = false
    const take = (word: string, plain: boolean) => {
      if (skips) return void (skips = false)
      if (!begins || (word === '' && plain)) return
      if (assignment.test(word)) return
      begins = false
      if (!plain) return doubt()
      if (word === 'case' || word === 'function') return giveUp()
      if (leading.has(word)) return void (begins = true)
      if (conditional.has(word)) {
        begins = true
        return doubt()
      }
      if (looksAround.has(word)) doubt()
      if (word === 'command') return void (begins = true)
      if (word.startsWith('-')) return doubt()
      if (ofTheShell.has(word)) return
      if (alternative || /^[^/]+\//.test(word)) doubt()
      if (names.length < most && !names.includes(word)) names.push(word)
      begins = wrappers.has(word)
    }
    while (at < command.length) {
      const char = command[at]!
      if (char === end) return void at++
      if (char === '#') {
        while (at < command.length && command[at] !== '\n') at++
      } else if (char === '(') {
        // `name()` defines a function; a group runs what stands in it.
        if (!begins) return giveUp()
        at++
        commands(')')
        begins = false
      } else if (/[;&|\n)]/.test(char)) {
        alternative = command.startsWith('||', at)
        at += alternative || command.startsWith('&&', at) ? 2 : 1
        begins = true
        skips = false
      } else if (char === '<' || char === '>') {
        if (command.startsWith('<<', at)) return giveUp()
        while (at < command.length && /[<>&|]/.test(command[at]!)) at++
        skips = true
      } else if (/\s/.test(char)) at++
      else {
        const { text, plain } = word()
        // The number of a file that is turned elsewhere is no word.
        if (!(/^\d+$/.test(text) && /[<>]/.test(command[at] ?? ''))) take(text, plain)
      }
    }
  }

  /** One word, its quotes taken off. `plain`: it is what stands there, whatever the shell makes of its surroundings. */
  const word = () => {
    let text = ''
    let plain = true
    while (at < command.length && !/[\s;&|()<>]/.test(command[at]!)) {
      const char = command[at]!
      if (char === '\\') {
        if (command[at + 1] !== '\n') text += command[at + 1] ?? ''
        at += 2
      } else if (char === "'") {
        const close = command.indexOf("'", at + 1)
        if (close < 0) giveUp()
        else {
          text += command.slice(at + 1, close)
          at = close + 1
        }
      } else if (char === '"') {
        at++
        while (at < command.length && command[at] !== '"') text += piece()
        at++
      } else text += piece()
    }
    return { text, plain }

    function piece(): string {
      const char = command[at]!
      if (char === '`' || char === '$') {
        plain = false
        substitution()
        return '$'
      }
      if (/[*?[~]/.test(char) && text !== '') plain = false
      if (char === '\\') at++
      return command[at++] ?? ''
    }
  }

  const substitution = () => {
    if (command[at] === '`') {
      at++
      return commands('`')
    }
    at++
    if (command.startsWith('((', at)) skipTo('))')
    else if (command[at] === '(') {
      at++
      commands(')')
    } else if (command[at] === '{') skipTo('}')
  }
  const skipTo = (close: string) => {
    const found = command.indexOf(close, at)
    if (found < 0) giveUp()
    else at = found + close.length
  }

  commands(null)
  return { names: names.filter(name => !name.startsWith('~')), sure }
}
