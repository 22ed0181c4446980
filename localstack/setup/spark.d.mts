export function findMissingSpark(env: Readonly<Record<string, string | undefined>>): Promise<string | undefined>
