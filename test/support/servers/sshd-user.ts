import { execFile, spawn } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { once } from 'node:events'
import { setTimeout as delay } from 'node:timers/promises'
import { promisify } from 'node:util'

/** A system user made for one test, who can log in with a password and nothing else. */
export type TestUser = { name: string; password: string; uid: number; gid: number }

const exec = promisify(execFile)

/** Runs a program without a shell and answers what it printed. */
export async function run(program: string, args: readonly string[]): Promise<string> {
  return (await exec(program, [...args], { encoding: 'utf8' })).stdout
}

/** Creates a user (root only). The password goes through stdin, never through an argument. */
export async function addUser(home: string): Promise<TestUser> {
  const name = `drydock-${randomBytes(6).toString('hex')}`
  const password = randomBytes(12).toString('base64url')
  await unlocked(() => run('useradd', ['-M', '-N', '-d', home, '-s', '/bin/sh', name]))
  await unlocked(async () => {
    const child = spawn('chpasswd', [], { stdio: ['pipe', 'ignore', 'inherit'] })
    child.stdin.end(`${name}:${password}\n`)
    const [code] = (await once(child, 'exit')) as [number | null]
    if (code !== 0) throw new Error(`chpasswd ended with ${code}`)
  })
  const uid = Number(await run('id', ['-u', name]))
  const gid = Number(await run('id', ['-g', name]))
  return { name, password, uid, gid }
}

export async function removeUser(user: TestUser): Promise<void> {
  await unlocked(() => run('userdel', ['-f', user.name]))
}

/** The passwd tools refuse, rather than wait, while another test holds their lock. */
async function unlocked<T>(work: () => Promise<T>): Promise<T> {
  for (let attempt = 1; ; attempt += 1) {
    try {
      return await work()
    } catch (err) {
      if (attempt === 20) throw err
      await delay(50 * attempt)
    }
  }
}
