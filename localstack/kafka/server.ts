import { existsSync, mkdirSync, mkdtempSync, renameSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { javaCommand } from '../choice.mjs'
import { dataFolder, kafkaFolder } from '../folders.mjs'
import { freePorts } from '../ports.ts'
import { type OwnedProcess, type ProcessSpec, startProcess } from '../processes.ts'
import { answersKafka } from './probe.ts'
import { toMetaProperties, toServerProperties } from './properties.ts'

// Start to first answer on 2 cores: 2.3 s as Kafka comes; 1.8 s with the first compiler alone, which also halves the processor
// time of producing and consuming 400,000 records (7.8 s to 4.0 s) at the same speed; 1.1 s with the class archive as well.
const javaFlags = ['-Xmx512m', '-XX:+UseSerialGC', '-XX:TieredStopAtLevel=1']

/** An archive of the classes a broker loads, which Java writes as the first broker ends and maps into later ones. */
const classArchive = join(kafkaFolder, 'classes.jsa')

/** A broker of our own that can be killed and brought back: the same port, the same records. */
export interface KafkaServer {
  readonly brokers: string
  /** SIGKILL, then `downMs` of nothing, then a start on what was left; resolves when it answers again. */
  killAndRestart(downMs: number): Promise<void>
  stop(): Promise<void>
}

/** Apache Kafka as one node in KRaft mode, empty, on 127.0.0.1; its records are removed at `stop`. */
export async function startKafka(env: Readonly<Record<string, string | undefined>>): Promise<KafkaServer> {
  const [port, controllerPort] = await freePorts(2)
  mkdirSync(dataFolder, { recursive: true })
  const folder = mkdtempSync(join(dataFolder, 'kafka-'))
  const logFolder = join(folder, 'records')
  mkdirSync(logFolder)
  writeFileSync(join(logFolder, 'meta.properties'), toMetaProperties())
  const settings = join(folder, 'server.properties')
  writeFileSync(settings, toServerProperties({ port, controllerPort, logFolder }))

  const hasArchive = existsSync(classArchive)
  const newArchive = join(folder, 'classes.jsa')
  const logging = fileURLToPath(new URL('log4j2.properties', import.meta.url))
  const spec: ProcessSpec = {
    name: 'kafka',
    command: javaCommand(env),
    args: [
      ...javaFlags,
      hasArchive ? `-XX:SharedArchiveFile=${classArchive}` : `-XX:ArchiveClassesAtExit=${newArchive}`,
      '-Xlog:disable', // what Java says of the archive: that it skips some classes, or does not fit this Java and goes unused
      `-Dlog4j2.configurationFile=${logging}`,
      '-cp',
      join(kafkaFolder, 'libs', '*'),
      'kafka.Kafka',
      settings,
    ],
    env,
    folder,
    graceMs: hasArchive ? 3_000 : 15_000, // writing the archive takes 3 s, once
    beforeRemoval: () => {
      if (!hasArchive && existsSync(newArchive)) renameSync(newArchive, classArchive)
    },
  }
  const brokers = `127.0.0.1:${port}`
  const started: OwnedProcess[] = []
  const start = async (own: ProcessSpec) => {
    const kafka = await startProcess(own)
    started.push(kafka)
    await kafka.untilReady(() => answersKafka(brokers), 60_000)
  }
  const stop = async () => {
    for (const kafka of started.toReversed()) await kafka.stop() // the first one owns the folder
  }
  try {
    await start(spec)
  } catch (cause) {
    await stop()
    throw cause
  }
  return {
    brokers,
    stop,
    async killAndRestart(downMs) {
      await started.at(-1)!.kill()
      await sleep(downMs)
      await start({ ...spec, folder: undefined, beforeRemoval: undefined })
    },
  }
}
