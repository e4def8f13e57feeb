import { EngineError } from '../../../engine/engine-error.ts'
import type { ServerType } from '../../../engine/store/server-record.ts'
import { askServerSecrets } from '../ask-secrets.ts'
import type { CliContext } from '../context.ts'
import type { Ending } from '../ending.ts'
import { done } from '../ending.ts'
import type { SecretOptions } from '../secrets.ts'
import { withEngine } from '../session.ts'
import { aboutServer } from './about-server.ts'
import type { ServerSettings } from './server-settings.ts'
import { recordFrom } from './server-settings.ts'
import { tryServer } from './try-server.ts'

export type ServerAddOptions = ServerSettings & SecretOptions & { type: ServerType; test: boolean }

/** Adds a server. Nothing is saved unless it was tried out and found good, or the trial was left out on purpose. */
export async function serverAdd(ctx: CliContext, name: string, options: ServerAddOptions): Promise<Ending> {
  const { type, test, secretsFile, secretsStdin, ...settings } = options
  const added = new Date().toISOString()
  const record = await recordFrom({ name, type, added, learned: {} }, settings, ctx.folder, true)
  return await withEngine(
    ctx,
    {
      ...(secretsFile === undefined ? {} : { secretsFile }),
      ...(secretsStdin === undefined ? {} : { secretsStdin }),
    },
    async session => {
      const { engine, given, mayAsk } = session
      const { records, unreadable } = await engine.servers.list()
      if ([...records, ...unreadable].some(known => known.name === name))
        throw new EngineError('input.invalid', 'server.add', {
          subject: name,
          detail:
            'a server of this name exists already; choose another one, or change it with drydock server edit',
        })
      const secrets = given.forServer(record) ?? (await askServerSecrets(record, mayAsk))
      ctx.masker.learn(secrets)
      const tried = test ? await tryServer(ctx, session, record, secrets, 'server.add') : record
      const saved = await engine.servers.add(tried, secrets)
      await ctx.out.event('server', { name, type, about: aboutServer(saved) })
      await ctx.out.line(`Added ${name}: ${aboutServer(saved)}${test ? '' : ' (not tried out)'}`)
      if (secrets !== null) ctx.out.say(`Its secrets are kept in ${session.vault.about}.`)
      return done({ server: name })
    },
  )
}
