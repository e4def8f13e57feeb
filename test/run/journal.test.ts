import { appendFile, readFile, stat, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { Journal, readJournal } from '../../electron/engine/run/index.ts'
import { collect } from '../support/collect.ts'
import { tempFolder } from '../support/temp-folder.ts'

const all = (file: string) => collect(readJournal(file))

describe('Journal', () => {
  it('gives back what was appended, in order, however many appends wait at once', async () => {
    const file = join(await tempFolder(), 'journal.jsonl')
    const journal = await Journal.open(file)
    const numbers = Array.from({ length: 5000 }, (_, n) => n)
    await Promise.all(numbers.map(n => journal.append({ n, text: 'é\n\u2028' }, { sync: n % 7 === 0 })))
    await journal.close()
    expect(await all(file)).toEqual(numbers.map(n => ({ n, text: 'é\n\u2028' })))
  })

  it('writes an append that is made the moment an earlier one has resolved', async () => {
    const file = join(await tempFolder(), 'journal.jsonl')
    const journal = await Journal.open(file)
    for (let n = 0; n < 200; n++) await journal.append({ n })
    await journal.close()
    expect(await all(file)).toHaveLength(200)
  })

  it('is empty when there is none', async () => {
    expect(await all(join(await tempFolder(), 'journal.jsonl'))).toEqual([])
  })

  it.each([
    ['half a line', '{"n":3,"te'],
    ['zeros, as a power failure leaves them', '\0'.repeat(300)],
    ['a line that is not JSON and one that is', '{"n":\n{"n":4}\n'],
    ['a line that is too long', `{"n":"${'x'.repeat(1024 * 1024)}"`],
  ])('leaves out a torn end of %s and appends after what is whole', async (_, torn) => {
    const file = join(await tempFolder(), 'journal.jsonl')
    await writeFile(file, '{"n":1}\n{"n":2}\n')
    await appendFile(file, torn)
    expect(await all(file)).toEqual([{ n: 1 }, { n: 2 }])
    const journal = await Journal.open(file)
    expect((await stat(file)).size).toBe(16)
    await journal.append({ n: 3 }, { sync: true })
    await journal.close()
    expect(await readFile(file, 'utf8')).toBe('{"n":1}\n{"n":2}\n{"n":3}\n')
  })

  it('refuses a record that a reader would take for damage', async () => {
    const journal = await Journal.open(join(await tempFolder(), 'journal.jsonl'))
    await expect(journal.append({ text: 'x'.repeat(1024 * 1024) })).rejects.toMatchObject({
      code: 'internal',
    })
    await journal.close()
    await expect(journal.append({ n: 1 })).rejects.toMatchObject({ code: 'internal' })
  })
})
