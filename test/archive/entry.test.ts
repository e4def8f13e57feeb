import { describe, expect, it } from 'vitest'
import { decodeEntry } from '../../electron/engine/archive/entry-line.ts'
import type { Entry } from '../../electron/engine/archive/entry.ts'
import { encodeEntry } from '../../electron/engine/archive/entry.ts'
import { rawFromText } from '../../electron/engine/archive/raw-path.ts'

const file: Entry = {
  path: 'a/b',
  kind: 'file',
  size: 12,
  mtime: '1700000000.999999999',
  mode: 0o644,
  uid: 0,
  gid: 5,
  user: 'root',
  group: 'tty',
  sha256: '0'.repeat(64),
  data: 1024,
}

describe('a line of the entry list', () => {
  it.each<[string, Partial<Entry>]>([
    ['a plain file', {}],
    ['a name with quotes, a line end and a backslash', { path: 'a"b\n\\c' }],
    ['a name beyond ASCII', { path: rawFromText('größe/日本') }],
    ['a name that is not UTF-8', { path: 'caf\xe9' }],
    ['user and group names that need quoting', { user: 'DOMAIN\\me', group: 'a "b"' }],
    ['a folder without a hash', { kind: 'folder', size: 0, sha256: null }],
    ['a link to a target that is not UTF-8', { kind: 'symlink', sha256: null, link: '\xff\xfe' }],
    ['holes, a device and attributes', { sparse: true, device: [8, 1], xattrs: { 'user."a"': 'eA==' } }],
    ['a file of more than 8 GiB before 1970', { size: 2 ** 43, mtime: '-1.5', data: 2 ** 44 }],
  ])('holds %s', (_, change) => {
    const entry = { ...file, ...change }
    const line = encodeEntry(entry)
    expect(line).not.toContain('\n')
    expect(decodeEntry(line)).toEqual(entry)
  })
})
