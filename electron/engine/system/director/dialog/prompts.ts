import type { RestoreAnswers } from '../answers.ts'

/** The questions of `./setup.sh restore` about where to fetch from. */
export type PromptId =
  | 'restore-type'
  | 's3.access-key'
  | 's3.access-key.confirm'
  | 's3.secret-key'
  | 's3.secret-key.confirm'
  | 's3.bucket'
  | 's3.url'
  | 'azure.account-name'
  | 'azure.account-name.confirm'
  | 'azure.account-key'
  | 'azure.account-key.confirm'
  | 'azure.container'
  | 'azure.blob'
  | 'ftp.type'
  | 'ftp.host'
  | 'ftp.port'
  | 'ftp.user'
  | 'ftp.password'
  | 'ftp.password.confirm'
  | 'ftp.dir'

export type Prompt = {
  id: PromptId
  /** Matches a line, without escape sequences, that ends with this question's colon. */
  pattern: RegExp
  /** Whether the answer is a secret that the script does not show: it is typed only while the terminal does not echo. */
  hidden: boolean
  /** The question that must have come before. */
  after: PromptId | null
  /** What is typed; null when these answers have nothing to do with it. */
  answer: (answers: RestoreAnswers) => string | null
}

type Of<T extends RestoreAnswers['type']> = (answers: Extract<RestoreAnswers, { type: T }>) => string

const s3 = (of: Of<'S3'>) => (answers: RestoreAnswers) => (answers.type === 'S3' ? of(answers) : null)
const azure = (of: Of<'AZURE'>) => (answers: RestoreAnswers) =>
  answers.type === 'AZURE' ? of(answers) : null
const ftp = (of: Of<'FTP'>) => (answers: RestoreAnswers) => (answers.type === 'FTP' ? of(answers) : null)

/**
 * `Enter the <words>:` at the end of a line, whatever stands before it: after a hidden answer some scripts go on in
 * the same line. @param options whether choices in brackets may follow, as in `FTP Type[ftp/sftp]`
 */
const asks = (words: string, options = false): RegExp =>
  new RegExp(
    `(?<![\\p{L}\\p{N}])enter\\s+the\\s+${words.replaceAll(' ', '\\s+')}${options ? '(?:\\s*\\[[^\\][]{0,60}\\])?' : ''}\\s*:$`,
    'iu',
  )

type Asked = Pick<Prompt, 'answer'> & { words: string; options?: true; hidden?: true; after?: PromptId }

/** Which text belongs to which question, and the order within one, is fact: the vendor's pictures of a restore. */
const asked: Record<PromptId, Asked> = {
  // restore_s3_details.png; upper and lower case are both taken there
  'restore-type': { words: 'Restore Type', options: true, answer: ({ type }) => type },
  // restore_s3_details.png: both keys are hidden, and asked for twice
  's3.access-key': { words: 'S3 Access Key', hidden: true, answer: s3(a => a.accessKey) },
  's3.access-key.confirm': {
    words: 'Confirm S3 Access Key',
    hidden: true,
    after: 's3.access-key',
    answer: s3(a => a.accessKey),
  },
  's3.secret-key': { words: 'S3 Secret Key', hidden: true, answer: s3(a => a.secretKey) },
  's3.secret-key.confirm': {
    words: 'Confirm S3 Secret Key',
    hidden: true,
    after: 's3.secret-key',
    answer: s3(a => a.secretKey),
  },
  's3.bucket': { words: 'S3 Bucket Name', answer: s3(a => a.bucket) },
  's3.url': { words: 'S3 URL', answer: s3(a => a.url) },
  // restore_azure_details.png. The name is asked for twice, so it is perhaps hidden too; it is no secret, and goes in
  // whether the terminal shows it or not.
  'azure.account-name': { words: 'AZURE Account Name', answer: azure(a => a.accountName) },
  'azure.account-name.confirm': {
    words: 'Confirm AZURE Account Name',
    after: 'azure.account-name',
    answer: azure(a => a.accountName),
  },
  'azure.account-key': { words: 'AZURE Account Key', hidden: true, answer: azure(a => a.accountKey) },
  'azure.account-key.confirm': {
    words: 'Confirm AZURE Account Key',
    hidden: true,
    after: 'azure.account-key',
    answer: azure(a => a.accountKey),
  },
  'azure.container': { words: 'AZURE Container Name', answer: azure(a => a.container) },
  'azure.blob': { words: 'AZURE Blob Name', answer: azure(a => a.blob) },
  // restore_sftp_ftp_details.png, image59.png
  'ftp.type': { words: 'FTP Type', options: true, answer: ftp(a => a.ftpType) },
  'ftp.host': { words: 'FTP Host', answer: ftp(a => a.host) },
  'ftp.port': { words: 'FTP Port', answer: ftp(a => String(a.port)) },
  'ftp.user': { words: 'FTP User', answer: ftp(a => a.user) },
  'ftp.password': { words: 'FTP Password', hidden: true, answer: ftp(a => a.password) },
  'ftp.password.confirm': {
    words: 'Confirm FTP Password',
    hidden: true,
    after: 'ftp.password',
    answer: ftp(a => a.password),
  },
  'ftp.dir': { words: 'FTP Dir', answer: ftp(a => a.dir) },
}

/** Every documented question. No text matches two of them. */
export const prompts: readonly Prompt[] = (Object.entries(asked) as [PromptId, Asked][]).map(
  ([id, { words, options, hidden, after, answer }]) => ({
    id,
    pattern: asks(words, options),
    hidden: hidden ?? false,
    after: after ?? null,
    answer,
  }),
)

/** What of the answers must show nowhere. A host's name or a user's is not among them: it would be masked wherever it stands. */
export const secretAnswers = (answers: RestoreAnswers): string[] => [
  ...new Set(prompts.flatMap(({ hidden, answer }) => (hidden ? (answer(answers) ?? []) : []))),
]

/** More than the longest question takes, with blanks to spare, characters. */
const longestPrompt = 160

/** The question that `line` ends with, and its words. @param line without escape sequences, up to a colon */
export function promptAt(line: string): { prompt: Prompt; text: string } | null {
  const end = line.slice(-longestPrompt)
  // Output is full of colons, and this one test spares the twenty.
  if (!/enter\s+the\s/iu.test(end)) return null
  for (const prompt of prompts) {
    const text = prompt.pattern.exec(end)?.[0]
    if (text !== undefined) return { prompt, text }
  }
  return null
}

/** What was typed at the restore type's question, read from the line that shows it; null when it is none of the three. */
export function restoreTypeIn(line: string): RestoreAnswers['type'] | null {
  const said = /enter\s+the\s+restore\s+type[^:]*:\s*(\S+)\s*$/iu.exec(line)?.[1]?.toUpperCase()
  return said === 'S3' || said === 'AZURE' || said === 'FTP' ? said : null
}
