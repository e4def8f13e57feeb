import { readFile } from 'node:fs/promises'
import type { Page } from 'playwright-core'
import type { AddedServer } from './five-servers.ts'

/** A server as an operator types it into the page: labels and what goes into them. */
export type TypedServer = {
  name: string
  /** As the list of kinds calls it. */
  kind: 'S3' | 'Azure' | 'SFTP' | 'FTPS or FTP' | 'Local or removable disk'
  /** Radio buttons to choose first. */
  choose: string[]
  fields: Record<string, string>
  /** Behind *More settings*. */
  more: Record<string, string>
}

/** What `server add` is told, as what is typed. */
export async function typedServer({ name, args, secrets }: AddedServer): Promise<TypedServer> {
  const given: Record<string, string> = {}
  for (let at = 0; at < args.length; at += 2) given[(args[at] ?? '').slice(2)] = args[at + 1] ?? ''
  const secret = (secrets ?? {}) as Record<string, string>
  const at = (key: string) => given[key] ?? ''
  const own = { name, choose: [] as string[], more: {} }
  switch (at('type')) {
    case 's3':
      return {
        ...own,
        kind: 'S3',
        fields: {
          URL: at('endpoint'),
          Bucket: at('bucket'),
          'Access key': secret['accessKeyId'] ?? '',
          'Secret key': secret['secretAccessKey'] ?? '',
        },
      }
    case 'azure':
      return {
        ...own,
        kind: 'Azure',
        choose: ['Account key'],
        fields: {
          'Storage account': at('account'),
          Container: at('container'),
          'Account key': secret['accountKey'] ?? '',
        },
        more: { URL: at('endpoint') },
      }
    case 'sftp':
      return {
        ...own,
        kind: 'SFTP',
        choose: [secret['privateKey'] ? 'Private key' : 'Password'],
        fields: {
          Host: at('host'),
          Port: at('port'),
          User: at('user'),
          Folder: at('path'),
          ...(secret['privateKey']
            ? { 'Private key': secret['privateKey'] }
            : { Password: secret['password'] ?? '' }),
          ...(at('host-key') && { 'Host key': at('host-key') }),
        },
      }
    case 'ftp':
      return {
        ...own,
        kind: 'FTPS or FTP',
        fields: {
          Host: at('host'),
          Port: at('port'),
          User: at('user'),
          Password: secret['password'] ?? '',
        },
        more: { 'Certificate of your own authority': await readFile(at('ca'), 'utf8') },
      }
    default:
      return { ...own, kind: 'Local or removable disk', fields: { Folder: at('path') } }
  }
}

/** The input of a label, whether it is said to be optional or not. */
export const input = (page: Page, label: string) =>
  page
    .locator('input:not([type=radio], [type=checkbox]), textarea, select')
    .and(page.getByLabel(new RegExp(`^${label.replace(/[.*+?^${}()|[\]\\]/g, '\\$&')}( optional)?$`)))

/** Types all of a server into the page of a new one, without saving it. */
export async function typeServer(page: Page, server: TypedServer): Promise<void> {
  const { kind, name, choose, fields, more } = server
  await page.getByRole('listbox', { name: 'Kind of server' }).getByRole('option', { name: kind }).click()
  await page.getByRole('form', { name: `New ${kind} server` }).waitFor()
  await input(page, 'Name').fill(name)
  for (const option of choose)
    await page.getByRole('radio', { name: option, exact: true }).check({ force: true })
  for (const [label, text] of Object.entries(fields)) await input(page, label).fill(text)
  if (Object.keys(more).length > 0) await page.getByText('More settings').click()
  for (const [label, text] of Object.entries(more)) await input(page, label).fill(text)
}

/** Presses *Check and add* and waits until the server is there and its check has passed. */
export async function checkAndAdd(page: Page, name: string): Promise<void> {
  await page.getByRole('button', { name: /^Check and add/ }).click()
  const added = page.getByRole('heading', { name, exact: true })
  // A folder with nothing on it is asked about.
  const fresh = page.getByRole('button', { name: 'Add this new folder' })
  await added.or(fresh).first().waitFor()
  if (await fresh.isVisible()) await fresh.click()
  await added.waitFor()
  await page.getByRole('list', { name: 'What was checked' }).waitFor()
}

export const go = (page: Page, name: string) =>
  page
    .getByRole('navigation', { name: 'Pages' })
    .getByRole('link', { name: new RegExp(`^${name}`) })
    .click()

/** The line that says what is wrong with the field of a label. */
export const wrongBeside = (page: Page, label: string) =>
  page
    .locator('[data-wrong]')
    .filter({ has: input(page, label) })
    .getByRole('alert')
