/** How names and texts stand in the source of a definition, as Biome would write them. */

const identifier = /^[\p{ID_Start}_$][\p{ID_Continue}$]*$/u

/** A text in single quotes; in double quotes where that saves escapes. */
export function toText(value: string): string {
  const json = JSON.stringify(value).replaceAll('\u2028', '\\u2028').replaceAll('\u2029', '\\u2029')
  if (value.includes("'") && !value.includes('"')) return json
  return `'${json.slice(1, -1).replaceAll('\\"', '"').replaceAll("'", "\\'")}'`
}

/** A property's name in an object, quoted where it must be. */
export function toProperty(name: string): string {
  return identifier.test(name) ? name : toText(name)
}

/** A field of a variable: `event.amount` or `event['amount due']`. */
export function toAccess(variable: string, name: string): string {
  return identifier.test(name) ? `${variable}.${name}` : `${variable}[${toText(name)}]`
}

/** Makes feature names of column names: letters and digits, beginning with a letter, none twice. */
export function makeFeatureNames(): (column: string) => string {
  const taken = new Set(Object.getOwnPropertyNames(Object.prototype).map(name => name.toLowerCase())) // `constructor` is none of its own
  return column => {
    const words =
      column
        .normalize('NFKD')
        .replaceAll(/\p{M}/gu, '')
        .match(/[A-Za-z0-9]+/g) ?? []
    const camel = words.map((word, at) => (at === 0 ? lowerFirst(word) : word.charAt(0).toUpperCase() + word.slice(1))).join('')
    const base = (/^[A-Za-z]/.test(camel) ? camel : `x${camel}`).slice(0, 58)
    let name = base
    for (let count = 2; taken.has(name.toLowerCase()); count++) name = `${base}x${count}`
    taken.add(name.toLowerCase())
    return name
  }
}

/** `ID` and `CO2` stay readable: a word of capitals becomes small as a whole. */
function lowerFirst(word: string): string {
  return /^[A-Z0-9]+$/.test(word) ? word.toLowerCase() : word.charAt(0).toLowerCase() + word.slice(1)
}
