/** HTML or SVG that is safe to put into a page as it stands. */
export interface Markup {
  readonly markup: string
}

/** What may stand in a template: text is escaped, markup is not, null and undefined are nothing. */
export type Content = Markup | string | number | null | undefined | readonly Content[]

const escapes: Readonly<Record<string, string>> = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;', "'": '&#39;' }

/**
 * Markup from a template; whatever is put into it is escaped unless it is markup itself.
 *
 * @example html`<p>${'a < b'}</p>`.markup // '<p>a &lt; b</p>'
 */
export function html(parts: TemplateStringsArray, ...contents: readonly Content[]): Markup {
  return { markup: parts.map((part, at) => part + (at < contents.length ? toMarkup(contents[at]) : '')).join('') }
}

function toMarkup(content: Content): string {
  if (content === null || content === undefined) return ''
  if (typeof content === 'string' || typeof content === 'number') return escapeText(String(content))
  return 'markup' in content ? content.markup : content.map(toMarkup).join('')
}

/** Control characters, which no XML may hold, become the sign for an unknown one. */
function escapeText(text: string): string {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is taken out
  return text.replaceAll(/[\u0000-\u0008\u000b\u000c\u000e-\u001f]/g, '\ufffd').replaceAll(/[&<>"']/g, sign => escapes[sign])
}
