import { createHash } from 'node:crypto'
import { parentPort } from 'node:worker_threads'

/** Hashes what lies in shared memory, in the order of the messages; answers each, and starts over after a digest. */
let hash = createHash('sha256')
parentPort?.on('message', (message: { memory: SharedArrayBuffer; length: number } | 'digest') => {
  if (message === 'digest') {
    parentPort?.postMessage(hash.digest('hex'))
    hash = createHash('sha256')
  } else {
    hash.update(new Uint8Array(message.memory, 0, message.length))
    parentPort?.postMessage('')
  }
})
