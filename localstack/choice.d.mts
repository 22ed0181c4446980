export interface ServerChoice {
  readonly broker: 'given' | 'redpanda' | 'kafka'
  readonly emulator: 'given' | 'localstack' | 'ministack'
}
type Environment = Readonly<Record<string, string | undefined>>
export function chooseServers(env: Environment, hasDocker?: (env: Environment) => Promise<boolean>): Promise<ServerChoice>
export function javaCommand(env: Environment): string
