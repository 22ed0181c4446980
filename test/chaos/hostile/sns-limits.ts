import type { AwsAnswer, Disturbance } from '../faults/aws-call.ts'

/** Bytes of a message, and of all messages of a call, at most. */
const bytesAtMost = 262_144
const entriesAtMost = 10

/** A message as it stands in a call of SNS. */
export interface SnsEntry {
  readonly id: string
  readonly subject: string | undefined
  readonly message: string
}

/**
 * Why SNS does not take a message; undefined where it does.
 *
 * @see https://docs.aws.amazon.com/sns/latest/api/API_Publish.html "must be ASCII text that begins with a letter, number, or punctuation
 * mark; must not include line breaks or control characters; and must be less than 100 characters long"; its error says "at most 100"
 */
export function refusalOfEntry({ subject, message }: Omit<SnsEntry, 'id'>): string | undefined {
  if (subject !== undefined) {
    if (subject === '' || subject.length > 100) return `Invalid parameter: Subject: ${subject.length} characters`
    if (!/^[\x21-\x7e][\x20-\x7e]*$/.test(subject)) return `Invalid parameter: Subject: ${JSON.stringify(subject)}`
  }
  if (message === '') return 'Invalid parameter: Empty message'
  return Buffer.byteLength(message) > bytesAtMost ? `Invalid parameter: Message too long: ${Buffer.byteLength(message)} bytes` : undefined
}

/**
 * What SNS makes of a call with this body, where that is other than to take it: of a batch it takes the messages that are right and lists
 * the others.
 *
 * @see https://docs.aws.amazon.com/sns/latest/api/API_PublishBatch.html
 */
export function checkPublish(body: string, onRefused: (line: string) => void): Disturbance | undefined {
  const form = new URLSearchParams(body)
  const isBatch = form.get('Action') === 'PublishBatch'
  const entries = isBatch ? readEntries(form) : [toEntry(form, '')]
  const refuse = (code: string, line: string): Disturbance => {
    onRefused(line)
    return { kind: 'answer', answer: toSnsError(code, line) }
  }
  const refused = entries.flatMap(entry => {
    const reason = refusalOfEntry(entry)
    return reason === undefined ? [] : [{ entry, reason }]
  })
  if (!isBatch) return refused.length === 0 ? undefined : refuse('InvalidParameter', refused[0].reason)
  if (entries.length === 0) return refuse('EmptyBatchRequest', 'a batch without messages')
  if (entries.length > entriesAtMost) return refuse('TooManyEntriesInBatchRequest', `${entries.length} messages in a batch`)
  if (new Set(entries.map(({ id }) => id)).size < entries.length) return refuse('BatchEntryIdsNotDistinct', 'an id twice in a batch')
  const bytes = entries.reduce((sum, { message }) => sum + Buffer.byteLength(message), 0)
  if (bytes > bytesAtMost) return refuse('BatchRequestTooLong', `a batch of ${bytes} bytes`)
  if (refused.length === 0) return undefined

  for (const { reason } of refused) onRefused(reason)
  const failed = `<Failed>${refused.map(({ entry, reason }) => toFailedMember(entry.id, reason)).join('')}</Failed>`
  const taken = entries.filter(entry => !refused.some(own => own.entry === entry))
  if (taken.length === 0)
    return {
      kind: 'answer',
      answer: toSnsAnswer(200, `<PublishBatchResponse><PublishBatchResult>${failed}</PublishBatchResult></PublishBatchResponse>`),
    }
  return {
    kind: 'change',
    body: withEntries(form, taken),
    toAnswer: text =>
      text.replace(/<Failed\s*\/>|<Failed>\s*<\/Failed>/, '').replace('</PublishBatchResult>', `${failed}</PublishBatchResult>`),
  }
}

const member = /^PublishBatchRequestEntries\.member\.(\d+)\./

function readEntries(form: URLSearchParams): SnsEntry[] {
  const numbers = new Set([...form.keys()].flatMap(name => member.exec(name)?.[1] ?? []))
  return [...numbers].map(number => toEntry(form, `PublishBatchRequestEntries.member.${number}.`))
}

function toEntry(form: URLSearchParams, prefix: string): SnsEntry {
  const own = (name: string) => form.get(`${prefix}${name}`) ?? undefined
  return { id: own('Id') ?? '', subject: own('Subject'), message: own('Message') ?? '' }
}

function withEntries(form: URLSearchParams, entries: readonly SnsEntry[]): string {
  const rest = new URLSearchParams([...form].filter(([name]) => !member.test(name)))
  entries.forEach(({ id, subject, message }, at) => {
    const parts = { Id: id, ...(subject !== undefined && { Subject: subject }), Message: message }
    for (const [name, value] of Object.entries(parts)) rest.append(`PublishBatchRequestEntries.member.${at + 1}.${name}`, value)
  })
  return String(rest)
}

const toFailedMember = (id: string, reason: string) =>
  `<member><Id>${toXml(id)}</Id><Code>InvalidParameter</Code><Message>${toXml(reason)}</Message><SenderFault>true</SenderFault></member>`

function toSnsError(code: string, message: string): AwsAnswer {
  return toSnsAnswer(
    400,
    `<ErrorResponse><Error><Type>Sender</Type><Code>${code}</Code><Message>${toXml(message)}</Message></Error></ErrorResponse>`,
  )
}

const toSnsAnswer = (status: number, body: string): AwsAnswer => ({ status, type: 'text/xml', body })

const toXml = (text: string) => text.replace(/[&<>]/g, letter => `&#${letter.charCodeAt(0)};`)
