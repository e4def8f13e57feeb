import type { CliContext } from '../context.ts'
import type { Ending } from '../ending.ts'
import { done, withProblems } from '../ending.ts'
import { table } from '../printable.ts'
import { withEngine } from '../session.ts'
import { aboutServer } from './about-server.ts'

export async function serverList(ctx: CliContext): Promise<Ending> {
  return await withEngine(ctx, {}, async ({ engine }) => {
    const { records, unreadable } = await engine.servers.list()
    for (const record of records)
      await ctx.out.event('server', { name: record.name, type: record.type, about: aboutServer(record) })
    for (const line of table(records.map(record => [record.name, record.type, aboutServer(record)])))
      await ctx.out.line(line)
    if (records.length === 0 && unreadable.length === 0)
      ctx.out.say(
        'There are no servers yet. Add one: drydock server add nas --type local --path /mnt/backups',
      )
    for (const { name, detail } of unreadable) ctx.out.say(`${name}: cannot be read: ${detail}`)
    return unreadable.length > 0 ? withProblems() : done()
  })
}

/** Everything about a server that is no secret. */
export async function serverShow(ctx: CliContext, name: string): Promise<Ending> {
  return await withEngine(ctx, {}, async ({ engine }) => {
    const record = await engine.servers.get(name)
    await ctx.out.event('server', { ...record, about: aboutServer(record) })
    const rows: [string, string][] = []
    for (const [key, value] of Object.entries(record)) {
      if (key === 'ca') rows.push(['ca', 'a certificate authority of its own'])
      else if (typeof value === 'object')
        rows.push(
          ...Object.entries(value as object).map(([inner, v]): [string, string] => [
            `${key}.${inner}`,
            String(v),
          ]),
        )
      else if (value !== undefined && value !== '') rows.push([key, String(value)])
    }
    for (const line of table([['about', aboutServer(record)], ...rows])) await ctx.out.line(line)
    return done()
  })
}

/** Forgets a server. What is stored on it stays. */
export async function serverRemove(ctx: CliContext, name: string): Promise<Ending> {
  return await withEngine(ctx, {}, async ({ engine }) => {
    const record = await engine.servers.get(name)
    await engine.servers.remove(name)
    await ctx.out.line(
      `Forgot ${name} and its secrets. What is stored at ${aboutServer(record)} was not touched.`,
    )
    return done({ server: name })
  })
}
