import { isUtf8 } from 'node:buffer'
import { open } from 'node:fs/promises'
import { resolve } from 'node:path'
import { EngineError, fromFsError } from '../engine-error.ts'

const maxBytes = 64 * 1024

/** Reads a passphrase from a file. One line feed at the end (with its carriage return) is no part of it. */
export async function readPassphraseFile(path: string, env: NodeJS.ProcessEnv): Promise<string> {
  // npm changes the folder before it starts us; INIT_CWD is where the caller was.
  const file = resolve(env['INIT_CWD'] ?? process.cwd(), path)
  let bytes: Buffer
  try {
    const handle = await open(file, 'r')
    try {
      const { buffer, bytesRead } = await handle.read(Buffer.alloc(maxBytes + 1), 0, maxBytes + 1)
      bytes = buffer.subarray(0, bytesRead)
    } finally {
      await handle.close()
    }
  } catch (err) {
    throw fromFsError(err, 'vault.passphrase', file)
  }
  if (bytes.length > maxBytes || !isUtf8(bytes)) {
    throw new EngineError('input.invalid', 'vault.passphrase', {
      subject: file,
      detail: 'not a passphrase: too long or not UTF-8',
    })
  }
  const text = bytes.toString('utf8').replace(/\r?\n$/, '')
  if (text === '')
    throw new EngineError('input.invalid', 'vault.passphrase', { subject: file, detail: 'the file is empty' })
  return text
}
