type Environment = Readonly<Record<string, string | undefined>>
export function installLocalstack(env: Environment): Promise<string | undefined>
