import type { YamlPath } from './yaml-path.ts'

/** A YAML file as a tree with the places of everything in its text. Offsets count UTF-16 units. */
export type YamlNode = YamlMap | YamlList | YamlScalar

type Placed = {
  start: number
  /** Behind its last character. */
  end: number
  /** From 1. */
  line: number
  /** It carries an anchor or a tag, so that no edit touches it. */
  marked: boolean
}
export type YamlMap = Placed & { is: 'map'; flow: boolean; pairs: YamlPair[] }
export type YamlList = Placed & { is: 'list'; flow: boolean; items: YamlItem[] }
export type YamlScalar = Placed & {
  is: 'scalar'
  value: string | number | boolean | null
  style: 'plain' | 'single' | 'double' | 'block'
  /** As it stands in the file; empty for a value that is left out. */
  source: string
}
export type YamlPair = {
  key: string
  keyStart: number
  keyEnd: number
  /** Behind its colon; null where there is none. */
  colon: number | null
  line: number
  value: YamlNode
}
/** @property dash behind its dash; null in `[…]` */
export type YamlItem = { value: YamlNode; dashStart: number; dash: number | null }

/** What the tree says, without places. Objects have no prototype. */
export type YamlValue = string | number | boolean | null | YamlValue[] | { [key: string]: YamlValue }

export function valueOf(node: YamlNode): YamlValue {
  if (node.is === 'scalar') return node.value
  if (node.is === 'list') return node.items.map(item => valueOf(item.value))
  const object = Object.create(null) as { [key: string]: YamlValue }
  for (const { key, value } of node.pairs) object[key] = valueOf(value)
  return object
}

export const pairOf = (node: YamlNode | undefined, key: string): YamlPair | undefined =>
  node?.is === 'map' ? node.pairs.find(pair => pair.key === key) : undefined

/** The node at `path`; undefined when there is none. */
export function nodeAt(root: YamlNode, path: YamlPath): YamlNode | undefined {
  let node: YamlNode | undefined = root
  for (const step of path) {
    if (typeof step === 'string') node = pairOf(node, step)?.value
    else node = node?.is === 'list' ? node.items[step]?.value : undefined
  }
  return node
}

/** The line of what stands at `path`: of its key, else of the deepest on the way; null when nothing of it is there. */
export function lineAt(root: YamlNode, path: YamlPath): number | null {
  let node: YamlNode = root
  let line = path.length === 0 ? root.line : null
  for (const step of path) {
    const pair = typeof step === 'string' ? pairOf(node, step) : undefined
    const next: YamlNode | undefined =
      pair?.value ?? (typeof step === 'number' && node.is === 'list' ? node.items[step]?.value : undefined)
    if (!next) break
    line = pair?.line ?? next.line
    node = next
  }
  return line
}

/** Whether nothing stands there: left out, `null`, or an empty text. */
export const isEmpty = (node: YamlNode | undefined): boolean =>
  node === undefined ||
  (node.is === 'scalar' &&
    (node.value === null || (typeof node.value === 'string' && node.value.trim() === '')))

/** The text of a scalar; a number as it was written. Null for what is empty and for maps and lists. */
export function textOf(node: YamlNode | undefined): string | null {
  if (node?.is !== 'scalar' || isEmpty(node)) return null
  return typeof node.value === 'string' ? node.value : node.source
}
