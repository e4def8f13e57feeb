import type { CST } from 'yaml'
import { Lexer, Parser } from 'yaml'
import { Refused } from './yaml-refused.ts'

/** Real files have some hundred. */
const maxLexemes = 100_000
const maxParts = 10_000
const maxDepth = 24

const source = 'Put back the file of the deployment source.'

/**
 * Cuts a text into the parser's tokens, and refuses what would cost the steps after it much: they are recursive, and
 * compare every key of a map with every other. Lexer and parser themselves take time in proportion to the text.
 * @returns `tab`: where a tab parts two things, or ends a line; PyYAML takes none there
 */
export function boundedTokens(text: string): { tokens: CST.Token[]; tab: number | null } {
  const parser = new Parser()
  const tokens: CST.Token[] = []
  let lexemes = 0
  let at = 0
  let tab: number | null = null
  for (const lexeme of new Lexer().lex(text)) {
    if ((lexemes += 1) > maxLexemes) throw tooMany()
    for (const token of parser.next(lexeme)) tokens.push(token)
    // Lexemes that only mark something have no place in the text.
    if (text.startsWith(lexeme, at)) {
      if (tab === null && /^[ \t]*\t[ \t]*$/.test(lexeme)) tab = at
      at += lexeme.length
    }
  }
  for (const token of parser.end()) tokens.push(token)
  bound(tokens)
  return { tokens, tab }
}

function bound(tokens: readonly CST.Token[]): void {
  const waiting = tokens.map(token => ({ token, depth: 0 }))
  let parts = 0
  for (let next = waiting.pop(); next; next = waiting.pop()) {
    const { token, depth } = next
    if ((parts += 1) > maxParts) throw tooMany()
    if (depth > maxDepth)
      throw new Refused(
        { code: 'yaml.too-deep', finding: `nested deeper than ${maxDepth} levels`, fix: source },
        token.offset,
      )
    if (token.type === 'directive')
      throw new Refused(
        { code: 'yaml.directive', finding: 'a line begins with %', fix: 'Remove it.' },
        token.offset,
      )
    if (token.type === 'document') {
      if (token.value) waiting.push({ token: token.value, depth })
    } else if ('items' in token)
      for (const { key, value } of token.items)
        for (const child of [key, value]) if (child) waiting.push({ token: child, depth: depth + 1 })
  }
}

const tooMany = () =>
  new Refused(
    {
      code: 'yaml.too-many',
      finding: 'there are far more entries in it than any deployment has',
      fix: source,
    },
    null,
  )
