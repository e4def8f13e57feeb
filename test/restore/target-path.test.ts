import { describe, expect, it } from 'vitest'
import { decodeEntry } from '../../electron/engine/archive/entry-line.ts'
import { Decider } from '../../electron/engine/restore/decide.ts'
import { unsafeReason } from '../../electron/engine/restore/target-path.ts'
import { TargetTree } from '../../electron/engine/restore/target-tree.ts'
import { entry } from './forge.ts'

const plain = decodeEntry(JSON.stringify(entry('x')))

describe('names on other systems', () => {
  it.each([
    ['CON', 'device'],
    ['con.txt', 'device'],
    ['a/nul.tar.gz', 'device'],
    ['COM1', 'device'],
    ['com\u00b9.log', 'device'],
    ['LPT9', 'device'],
    ['CONIN$', 'device'],
    ['aux .txt', 'device'],
    ['a:b', 'colon'],
    ['C:/windows/x', 'colon'],
    ['C:..\\x', 'backslash'],
    ['file.txt::$DATA', 'colon'],
    ['\\\\server\\share', 'backslash'],
    ['..\\..\\x', 'backslash'],
    ['trailing.', 'end of the name'],
    ['trailing ', 'end of the name'],
    ['what?', 'character'],
    ['line\nbreak', 'character'],
  ])('refuses %j on Windows', (path, why) => {
    const raw = Buffer.from(path).toString('latin1')
    expect(unsafeReason(raw, 'win32')).toContain(why)
  })

  it.each(['console', 'com10', 'nullable.txt', 'a b', 'ümläut', '.hidden'])('takes %j on Windows', name => {
    expect(unsafeReason(Buffer.from(name).toString('latin1'), 'win32')).toBeNull()
  })

  it.each(['darwin', 'win32'] as const)(
    'refuses a name equal up to case or form of Unicode on %s',
    platform => {
      const decider = new Decider(
        new TargetTree('/nowhere at all'),
        { overwrite: 'never', special: false },
        platform,
      )
      const decide = (path: string) => {
        const raw = Buffer.from(path).toString('latin1')
        return decider.decide({ ...plain, path: raw }, raw).action
      }
      expect(
        ['a/Readme', 'a/readme', 'e\u0301', '\u00e9', 'stra\u00dfe', 'STRASSE', 'other'].map(decide),
      ).toEqual(['create', 'refuse', 'create', 'refuse', 'create', 'refuse', 'create'])
    },
  )

  it.each(['CON', 'a:b', 'trailing.', 'back\\slash', 'line\nbreak', '\xff\xfe'])(
    'takes %j on Linux',
    name => {
      expect(unsafeReason(name, 'linux')).toBeNull()
    },
  )
})
