import type { YamlEdit } from './yaml-edit.ts'
import { refused } from './yaml-edit.ts'
import type { YamlPath } from './yaml-path.ts'
import { scalarText } from './yaml-scalar.ts'
import type { YamlItem, YamlList, YamlMap, YamlNode, YamlPair } from './yaml-tree.ts'
import { nodeAt, pairOf } from './yaml-tree.ts'

/** The order in which keys of a server are written; a new one goes behind the nearest before it. */
const serverKeys = ['ip', 'port', 'name', 'user', 'pem', 'password']

/** Puts a value where none stands: behind a key without one, or with a new key in the deepest map there is. */
export function inserted(text: string, root: YamlNode, edit: YamlEdit): string {
  const { path } = edit
  const eol = /\r\n/.test(text) ? '\r\n' : '\n'
  let depth = path.length
  while (depth > 0 && !nodeAt(root, path.slice(0, depth))) depth--
  const at = path.slice(0, depth)
  const rest = path.slice(depth)
  const node = depth === 0 ? root : nodeAt(root, at)!
  if (node.marked) throw refused(path, 'it has a tag or an anchor; change it by hand')
  if (node.is === 'map') return intoMap(text, node, { edit, rest, eol })
  if (node.is === 'list') return intoList(text, node, { edit, rest, eol })
  if (node.value !== null || node.source !== '') throw refused(path, 'a single value stands on the way to it')
  return intoEmpty(text, root, at, { edit, rest, eol })
}

type Insert = { edit: YamlEdit; rest: YamlPath; eol: string }

function intoMap(text: string, map: YamlMap, { edit, rest, eol }: Insert): string {
  const [key, ...more] = rest
  if (typeof key !== 'string') throw refused(edit.path, 'it is a map; name a key of it')
  const last = map.pairs.at(-1)
  if (map.flow) {
    const close = text.lastIndexOf('}', map.end - 1)
    const end = last ? Math.max(endOf(last.value), last.keyEnd, last.colon ?? 0) : close
    const piece = `${keyText(key)}: ${flowOf(more, edit)}`
    // A comma that ends the list already stays at its end.
    return splice(text, end, `${last ? ', ' : ''}${piece}`)
  }
  if (!last) throw refused(edit.path, 'it cannot be told where to write it; change it by hand')
  const column = columnOf(text, last.keyStart)
  const known = serverKeys.indexOf(key)
  const before = known < 0 ? undefined : serverKeys.slice(0, known).findLast(name => pairOf(map, name))
  const neighbour = (before === undefined ? undefined : pairOf(map, before)) ?? last
  const indent = ' '.repeat(column)
  return behindLine(
    text,
    endOfPair(neighbour),
    `${indent}${keyText(key)}:${blockOf(more, edit, column, eol)}`,
    eol,
  )
}

function intoList(text: string, list: YamlList, { edit, rest, eol }: Insert): string {
  const [index, ...more] = rest
  const last = list.items.at(-1)
  if (index !== list.items.length) throw refused(edit.path, `the list has ${list.items.length} entries`)
  if (list.flow) {
    const close = text.lastIndexOf(']', list.end - 1)
    const end = last ? endOf(last.value) : close
    return splice(text, end, `${last ? ', ' : ''}${flowOf(more, edit)}`)
  }
  if (!last) throw refused(edit.path, 'it cannot be told where to write it; change it by hand')
  const column = columnOf(text, last.dashStart)
  return behindLine(
    text,
    Math.max(endOf(last.value), last.dash ?? 0),
    `${' '.repeat(column)}-${itemOf(more, edit, column, eol)}`,
    eol,
  )
}

/** Behind `key:` or `-`, where nothing stands. */
function intoEmpty(text: string, root: YamlNode, at: YamlPath, { edit, rest, eol }: Insert): string {
  const parent = nodeAt(root, at.slice(0, -1)) ?? root
  const step = at.at(-1)
  const holder: YamlPair | YamlItem | undefined =
    parent.is === 'map'
      ? parent.pairs.find(({ key }) => key === step)
      : parent.is === 'list' && typeof step === 'number'
        ? parent.items[step]
        : undefined
  const mark = holder && ('key' in holder ? holder.colon : holder.dash)
  if (!holder || mark === null || mark === undefined || parent.is === 'scalar')
    throw refused(edit.path, 'it has no colon; change it by hand')
  if (rest.length === 0)
    return splice(text, mark, ` ${scalarText(edit.value, null, { quoted: edit.secret === true })}`)
  if (parent.flow) return splice(text, mark, ` ${flowOf(rest, edit)}`)
  const column = columnOf(text, 'key' in holder ? holder.keyStart : holder.dashStart)
  if (!('key' in holder)) return splice(text, mark, itemOf(rest, edit, column, eol))
  return behindLine(text, mark, blockOf(rest, edit, column, eol).slice(eol.length), eol)
}

/** What follows `key:` that stands at `column`. */
function blockOf(rest: YamlPath, edit: YamlEdit, column: number, eol: string): string {
  const [step, ...more] = rest
  if (step === undefined) return spaced(edit)
  const indent = ' '.repeat(column + 2)
  if (typeof step === 'string')
    return `${eol}${indent}${keyText(step)}:${blockOf(more, edit, column + 2, eol)}`
  if (step !== 0) throw refused(edit.path, 'the list has 0 entries')
  return `${eol}${indent}-${itemOf(more, edit, column + 2, eol)}`
}

/** What follows `-` that stands at `column`. */
function itemOf(rest: YamlPath, edit: YamlEdit, column: number, eol: string): string {
  const [step, ...more] = rest
  if (step === undefined) return spaced(edit)
  if (typeof step !== 'string') throw refused(edit.path, 'a list in a list; change it by hand')
  return ` ${keyText(step)}:${blockOf(more, edit, column + 2, eol)}`
}

function flowOf(rest: YamlPath, edit: YamlEdit): string {
  const [step, ...more] = rest
  if (step === undefined) return scalarText(edit.value, null, { quoted: edit.secret === true, empty: false })
  if (typeof step === 'string') return `{${keyText(step)}: ${flowOf(more, edit)}}`
  if (step !== 0) throw refused(edit.path, 'the list has 0 entries')
  return `[${flowOf(more, edit)}]`
}

function spaced({ value, secret }: YamlEdit): string {
  const written = scalarText(value, null, { quoted: secret === true })
  return written === '' ? '' : ` ${written}`
}

const keyText = (key: string): string => scalarText(key, null)

const splice = (text: string, at: number, piece: string): string => text.slice(0, at) + piece + text.slice(at)

/** New lines below the one that holds `offset`, its comment included. */
function behindLine(text: string, offset: number, lines: string, eol: string): string {
  // The value before is a block, which has its line end already.
  if (offset > 0 && text[offset - 1] === '\n') return splice(text, offset, `${lines}${eol}`)
  const end = text.indexOf('\n', offset)
  if (end === -1) return `${text}${eol}${lines}`
  return splice(text, end + 1, `${lines}${eol}`)
}

const columnOf = (text: string, offset: number): number => offset - (text.lastIndexOf('\n', offset - 1) + 1)

const endOfPair = (pair: YamlPair): number => Math.max(endOf(pair.value), pair.keyEnd, pair.colon ?? 0)

/** Behind the last thing in it; a map in lines tells an end behind comments and blank lines that follow it. */
function endOf(node: YamlNode): number {
  if (node.is === 'scalar' || node.flow) return node.end
  if (node.is === 'list') {
    const last = node.items.at(-1)
    return last ? Math.max(endOf(last.value), last.dash ?? 0) : node.end
  }
  const last = node.pairs.at(-1)
  return last ? endOfPair(last) : node.end
}
