import type { Document, Node, Pair, Scalar } from 'yaml'
import { isAlias, isMap, isScalar, isSeq } from 'yaml'
import { Refused, tagWords } from './yaml-refused.ts'
import type { YamlItem, YamlNode, YamlPair, YamlScalar } from './yaml-tree.ts'

const coreTag = /^tag:yaml\.org,2002:(?:str|int|float|bool|null|map|seq)$/

/** The tree of a document that parsed. @throws Refused for aliases, foreign tags, merge keys, keys that are no text */
export function treeOf(doc: Document.Parsed, lineOf: (offset: number) => number): YamlNode {
  const refuse = (said: { code: string; finding: string; fix: string }, node: Node | null): never => {
    throw new Refused(said, node?.range?.[0] ?? null)
  }

  function convert(node: Node): YamlNode {
    const [start, end] = node.range ?? [0, 0]
    const line = lineOf(start)
    if (isAlias(node))
      return refuse(
        { code: 'yaml.alias', finding: 'an alias (*name) is used', fix: 'Write the value out.' },
        node,
      )
    const { tag, anchor } = node as { tag?: string; anchor?: string }
    if (tag !== undefined && !coreTag.test(tag)) refuse(tagWords, node)
    const placed = { start, end, line, marked: tag !== undefined || anchor !== undefined }
    if (isMap(node))
      return {
        ...placed,
        is: 'map',
        flow: node.flow === true,
        pairs: node.items.map(pair => pairFrom(pair as Pair<Node, Node | null>)),
      }
    if (isSeq(node)) {
      const tokens = node.srcToken && 'items' in node.srcToken ? node.srcToken.items : []
      const items = node.items.map((value, i): YamlItem => {
        const dash = tokens[i]?.start.find(({ type }) => type === 'seq-item-ind')
        const converted = convert(value as Node)
        return {
          value: converted,
          dashStart: dash?.offset ?? converted.start,
          dash: dash ? dash.offset + dash.source.length : null,
        }
      })
      return { ...placed, is: 'list', flow: node.flow === true, items }
    }
    if (isScalar(node)) return { ...placed, is: 'scalar', ...scalarFrom(node) }
    return refuse(
      { code: 'yaml.syntax', finding: 'this cannot be read as YAML', fix: 'Write a plain value.' },
      node,
    )
  }

  function pairFrom(pair: Pair<Node, Node | null>): YamlPair {
    const { key: keyNode, value } = pair
    if (!isScalar(keyNode))
      return refuse(
        { code: 'yaml.key', finding: 'a key is a list or a map', fix: 'Write it as plain text.' },
        keyNode,
      )
    convert(keyNode)
    const key = typeof keyNode.value === 'string' ? keyNode.value : (keyNode.source ?? '')
    const [keyStart, keyEnd] = keyNode.range ?? [0, 0]
    if (key === '<<')
      refuse(
        { code: 'yaml.merge', finding: 'a merge key (<<) is used', fix: 'Write the values out.' },
        keyNode,
      )
    if (['__proto__', 'constructor', 'prototype'].includes(key))
      refuse(
        { code: 'yaml.unsafe-key', finding: `the key ${key} is not allowed`, fix: 'Remove it.' },
        keyNode,
      )
    const colon = pair.srcToken?.sep?.find(({ type }) => type === 'map-value-ind')
    const colonEnd = colon ? colon.offset + colon.source.length : null
    const at = colonEnd ?? keyEnd
    const line = lineOf(keyStart)
    const empty: YamlScalar = {
      is: 'scalar',
      value: null,
      style: 'plain',
      source: '',
      start: at,
      end: at,
      line,
      marked: false,
    }
    return { key, keyStart, keyEnd, colon: colonEnd, line, value: value ? convert(value) : empty }
  }

  return convert(doc.contents as Node)
}

function scalarFrom(node: Scalar): Pick<YamlScalar, 'value' | 'style' | 'source'> {
  const style = styles[node.type ?? 'PLAIN'] ?? 'plain'
  const source = node.source ?? ''
  const { value } = node
  // Ansible reads YAML 1.1, in which these words are booleans too: what it will see counts.
  if (style === 'plain' && node.tag === undefined && typeof value === 'string' && oldBoolean.test(value))
    return { style, source, value: /^(?:yes|on)$/i.test(value) }
  const kept = typeof value === 'string' || typeof value === 'number' || typeof value === 'boolean'
  return { style, source, value: kept ? value : null }
}

const oldBoolean = /^(?:yes|Yes|YES|no|No|NO|on|On|ON|off|Off|OFF)$/

const styles: Record<string, YamlScalar['style']> = {
  PLAIN: 'plain',
  QUOTE_SINGLE: 'single',
  QUOTE_DOUBLE: 'double',
  BLOCK_LITERAL: 'block',
  BLOCK_FOLDED: 'block',
}
