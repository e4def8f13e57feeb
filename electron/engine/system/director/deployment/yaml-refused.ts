import type { ErrorCode } from 'yaml'

type Words = { code: string; finding: string; fix: string }

/** Why a YAML file is not read any further. Inside this folder only: it leaves as a problem. */
export class Refused extends Error {
  readonly code: string
  readonly finding: string
  readonly fix: string
  readonly offset: number | null

  constructor(said: Words, offset: number | null) {
    super(said.code)
    this.code = said.code
    this.finding = said.finding
    this.fix = said.fix
    this.offset = offset
  }
}

/** The parser's own messages quote the file; these do not. */
export function wordsOf(code: ErrorCode): Words {
  switch (code) {
    case 'DUPLICATE_KEY':
      return {
        code: 'yaml.duplicate-key',
        finding: 'a key stands here for the second time in the same map',
        fix: 'Remove one of the two.',
      }
    case 'TAB_AS_INDENT':
      return { code: 'yaml.tab', finding: 'a tab stands where YAML wants spaces', fix: 'Use spaces.' }
    case 'TAG_RESOLVE_FAILED':
    case 'BAD_COLLECTION_TYPE':
      return tagWords
    case 'BAD_ALIAS':
      return { code: 'yaml.alias', finding: 'an alias (*name) is used', fix: 'Write the value out.' }
    case 'BAD_DIRECTIVE':
      return { code: 'yaml.directive', finding: 'a line begins with %', fix: 'Remove it.' }
    case 'MISSING_CHAR':
      return {
        code: 'yaml.syntax',
        finding: 'a quote, a bracket or a colon is missing',
        fix: 'Close what is open; a comment must begin with #.',
      }
    case 'BAD_INDENT':
      return {
        code: 'yaml.syntax',
        finding: 'the indentation does not fit the lines above',
        fix: 'Indent it like its neighbours; a comment must begin with #.',
      }
    default:
      return {
        code: 'yaml.syntax',
        finding: 'this cannot be read as YAML',
        fix: 'Check its indentation, quotes and colons; a comment must begin with #.',
      }
  }
}

export const tagWords = {
  code: 'yaml.tag',
  finding: 'a tag (!…) that is not one of YAML itself',
  fix: 'Remove the tag and write the plain value.',
}
