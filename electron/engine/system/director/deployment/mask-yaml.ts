import { readYaml } from './read-yaml.ts'
import type { YamlNode } from './yaml-tree.ts'
import { isEmpty, textOf } from './yaml-tree.ts'

const mask = '••••••'

/** Keys whose values are secrets. `pem` holds the path of a key, which is none. */
const secretKey = /pass(?:word|phrase|wd)?$|secret|token|credential|(?:access|account|private|api)[_-]?key/i
const secretInText = new RegExp(
  `([\\w-]*(?:pass(?:word|phrase|wd)?|secret|token|credential|(?:access|account|private|api)[_-]?key)["']?[ \\t]*[:=][ \\t]*)(\\S.*)$`,
  'i',
)

export const isSecretKey = (key: string): boolean => secretKey.test(key)

type Range = readonly [start: number, end: number]

/**
 * The lines of a YAML file without their ends, secrets masked. What the tree says is a secret is masked wherever it
 * stands, and a comment on its line with it: it may tell the one before. What merely looks like one (in another comment,
 * in a file that cannot be read) is masked to the end of its line.
 */
export function maskedLines(text: string): string[] {
  const read = readYaml('master.yml', text)
  const masked = 'root' in read ? maskedTree(text, read.root) : text
  let inKey = false
  return masked
    .replace(/\n$/, '')
    .split('\n')
    .map(raw => {
      const line = raw.replace(/\r$/, '')
      const ends = line.includes('-----END ')
      const hides = inKey || line.includes('-----BEGIN ')
      inKey = hides && !ends
      if (hides) return mask
      return 'root' in read ? line : line.replace(secretInText, `$1${mask}`)
    })
}

function maskedTree(text: string, root: YamlNode): string {
  const { secrets, scalars, lines } = look(root)
  const pieces: string[] = []
  let at = 0
  const add = ([start, end]: Range, words: (piece: string) => string) => {
    pieces.push(text.slice(at, start), words(text.slice(start, end)))
    at = end
  }
  const comments = commentsOf(text, scalars)
  let line = 1
  let counted = 0
  for (const range of [...secrets, ...comments].sort((a, b) => a[0] - b[0])) {
    if (range[0] < at) continue
    if (!comments.has(range)) {
      add(range, covered)
      continue
    }
    for (; counted < range[0]; counted++) if (text[counted] === '\n') line++
    const beside = lines.has(line)
    add(range, piece => (beside ? `# ${mask}` : piece.replace(secretInText, `$1${mask}`)))
  }
  return pieces.join('') + text.slice(at)
}

/** Where comments stand, without the ends of their lines. @param scalars in the order of the text */
function commentsOf(text: string, scalars: readonly Range[]): Set<Range> {
  const comments = new Set<Range>()
  let next = 0
  for (const { index } of text.matchAll(/(?<=^|[ \t])#/gm)) {
    while (next < scalars.length && scalars[next]![1] <= index) next++
    if (next < scalars.length && scalars[next]![0] <= index) continue
    const end = /\r?\n|$/g
    end.lastIndex = index
    comments.add([index, end.exec(text)?.index ?? text.length])
  }
  return comments
}

/** As many lines as there were. */
const covered = (piece: string): string =>
  piece
    .split('\n')
    .map((line, n) => (n === 0 || line.trim() !== '' ? mask : line))
    .join('\n')

/** @returns in the order of the text: the secrets, all values; and the lines on which a key of a secret stands */
function look(root: YamlNode): { secrets: Range[]; scalars: Range[]; lines: Set<number> } {
  const secrets: Range[] = []
  const scalars: Range[] = []
  const lines = new Set<number>()
  const walk = (node: YamlNode, secret: boolean): void => {
    if (node.is === 'list') for (const { value } of node.items) walk(value, secret)
    else if (node.is === 'map')
      for (const { key, keyStart, keyEnd, line, value } of node.pairs) {
        const hides = secret || isSecretKey(key)
        scalars.push([keyStart, keyEnd])
        if (hides) lines.add(line)
        walk(value, hides)
      }
    else {
      scalars.push([node.start, node.end])
      if (secret) lines.add(node.line)
      if (!isEmpty(node) && (secret || /PRIVATE KEY/.test(textOf(node) ?? '')))
        secrets.push([node.start, node.end])
    }
  }
  walk(root, false)
  return { secrets, scalars, lines }
}
