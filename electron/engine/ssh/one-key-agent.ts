import { sign } from 'node:crypto'
import { once } from 'node:events'
import { createServer } from 'node:net'
import type { Socket } from 'node:net'
import type { ParsedKey } from 'ssh2'

/** Message numbers of the agent protocol (draft-miller-ssh-agent). */
const message = { failure: 5, listKeys: 11, keys: 12, sign: 13, signature: 14 } as const
const wantSha256 = 2
const wantSha512 = 4
/** Questions are short; a longer one is none of OpenSSH's. */
const longest = 64 * 1024

export type OneKeyAgent = { close(): void }

/**
 * An ssh agent in this process that holds one private key: OpenSSH logs in with it, and the key itself leaves
 * neither this process nor its memory. Listens on `path`, which must lie in a folder nobody else can enter.
 * It signs for whoever can connect, so it is closed as soon as the login is over.
 */
export async function startOneKeyAgent(path: string, key: ParsedKey): Promise<OneKeyAgent> {
  const clients = new Set<Socket>()
  const server = createServer(client => {
    clients.add(client)
    client.once('close', () => clients.delete(client))
    client.on('error', () => {})
    void serve(client, key).finally(() => client.destroy())
  })
  server.listen(path)
  await once(server, 'listening')
  return {
    close() {
      server.close()
      for (const client of clients) client.destroy()
    },
  }
}

async function serve(client: Socket, key: ParsedKey): Promise<void> {
  let waiting = Buffer.alloc(0)
  try {
    for await (const chunk of client as AsyncIterable<Buffer>) {
      waiting = Buffer.concat([waiting, chunk])
      while (waiting.length >= 4) {
        const length = waiting.readUInt32BE(0)
        if (length === 0 || length > longest) return
        if (waiting.length < 4 + length) break
        const question = waiting.subarray(4, 4 + length)
        client.write(field(answer(question, key)))
        waiting = waiting.subarray(4 + length)
      }
    }
  } catch {
    // The client went away, or sent what cannot be read: either way there is nobody to answer.
  }
}

function answer(question: Buffer, key: ParsedKey): Buffer {
  const refusal = Buffer.from([message.failure])
  switch (question[0]) {
    case message.listKeys: {
      const one = Buffer.from([message.keys, 0, 0, 0, 1])
      return Buffer.concat([one, field(key.getPublicSSH()), field(Buffer.from('drydock'))])
    }
    case message.sign: {
      const [wanted, data, end] = twoFields(question)
      if (!wanted.equals(key.getPublicSSH())) return refusal
      const signature = signatureOf(key, data, question.readUInt32BE(end))
      return signature ? Buffer.concat([Buffer.from([message.signature]), field(signature)]) : refusal
    }
    default:
      return refusal
  }
}

/** In SSH's own encoding; null for what we do not sign with, such as RSA over SHA-1. */
function signatureOf(key: ParsedKey, data: Buffer, flags: number): Buffer | null {
  const make = (name: string, digest: string | null, encode = (raw: Buffer) => raw) => {
    const raw = sign(digest, data, { key: key.getPrivatePEM(), dsaEncoding: 'ieee-p1363' })
    return Buffer.concat([field(Buffer.from(name)), field(encode(raw))])
  }
  switch (key.type) {
    case 'ssh-ed25519':
      return make(key.type, null)
    case 'ecdsa-sha2-nistp256':
      return make(key.type, 'sha256', twoIntegers)
    case 'ecdsa-sha2-nistp384':
      return make(key.type, 'sha384', twoIntegers)
    case 'ecdsa-sha2-nistp521':
      return make(key.type, 'sha512', twoIntegers)
    case 'ssh-rsa':
      if (flags & wantSha512) return make('rsa-sha2-512', 'sha512')
      return flags & wantSha256 ? make('rsa-sha2-256', 'sha256') : null
    default:
      return null
  }
}

/** ECDSA's r and s, halves of `raw`, as SSH writes whole numbers: no needless zeros, and none that look negative. */
function twoIntegers(raw: Buffer): Buffer {
  const half = raw.length / 2
  const integer = (bytes: Buffer) => {
    const first = bytes.findIndex(byte => byte !== 0)
    const short = first < 0 ? Buffer.alloc(0) : bytes.subarray(first)
    return field((short[0] ?? 0) >= 0x80 ? Buffer.concat([Buffer.alloc(1), short]) : short)
  }
  return Buffer.concat([integer(raw.subarray(0, half)), integer(raw.subarray(half))])
}

function field(bytes: Buffer): Buffer {
  const length = Buffer.alloc(4)
  length.writeUInt32BE(bytes.length)
  return Buffer.concat([length, bytes])
}

/** The two fields after a message's number, and where the rest begins. @throws RangeError when they are cut off. */
function twoFields(question: Buffer): [first: Buffer, second: Buffer, end: number] {
  const middle = 5 + question.readUInt32BE(1)
  const end = middle + 4 + question.readUInt32BE(middle)
  if (end > question.length) throw new RangeError('a field is cut off')
  return [question.subarray(5, middle), question.subarray(middle + 4, end), end]
}
