import { EngineError } from '../../../engine/engine-error.ts'
import type { ServerRecord } from '../../../engine/store/server-record.ts'
import type { Vault } from '../../../engine/vault/index.ts'
import type { CliContext } from '../context.ts'
import type { Ending } from '../ending.ts'
import { done } from '../ending.ts'
import type { SecretOptions } from '../secrets.ts'
import { withEngine } from '../session.ts'
import { aboutServer } from './about-server.ts'
import type { ServerSettings } from './server-settings.ts'
import { recordFrom } from './server-settings.ts'
import { tryServer } from './try-server.ts'

export type ServerEditOptions = ServerSettings & SecretOptions & { test: boolean }

/** Changes the settings that are given and leaves the others; saved only when the changed server was found good. */
export async function serverEdit(ctx: CliContext, name: string, options: ServerEditOptions): Promise<Ending> {
  const { test, secretsFile, secretsStdin, ...settings } = options
  return await withEngine(
    ctx,
    {
      ...(secretsFile === undefined ? {} : { secretsFile }),
      ...(secretsStdin === undefined ? {} : { secretsStdin }),
    },
    async session => {
      const { engine, given } = session
      const known = await engine.servers.get(name)
      ctx.around.server = name
      const secrets = given.forServer(known)
      if (Object.values(settings).every(value => value === undefined) && secrets === undefined)
        throw new EngineError('input.invalid', 'server.edit', {
          subject: name,
          detail: 'nothing to change was given',
        })
      const record = await recordFrom(known, settings, ctx.folder, false)
      ctx.masker.learn(secrets)
      const tried = test
        ? await tryServer(
            ctx,
            session,
            record,
            secrets ?? (await keptSecrets(session.vault, record)),
            'server.edit',
          )
        : record
      const saved = await engine.servers.edit(name, tried, secrets)
      await ctx.out.event('server', { name, type: saved.type, about: aboutServer(saved) })
      await ctx.out.line(`Changed ${name}: ${aboutServer(saved)}${test ? '' : ' (not tried out)'}`)
      return done({ server: name })
    },
  )
}

async function keptSecrets(vault: Vault, { name, type }: ServerRecord): Promise<unknown> {
  const text = type === 'local' ? null : await vault.get(`server:${name}`)
  return text === null ? null : (JSON.parse(text) as unknown)
}
