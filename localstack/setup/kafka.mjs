// The jars of Apache Kafka, through Maven, to .local/kafka/libs.
import { join } from 'node:path'
import { javaCommand } from '../choice.mjs'
import { kafkaFolder, projectFolder } from '../folders.mjs'
import { hasStamp, installFolder, toStamp } from './folder.mjs'
import { ask, run } from './shell.mjs'

const pomFile = join(projectFolder, 'localstack', 'kafka', 'pom.xml')
const oldestJava = 17
const advice = 'apt-get install openjdk-17-jdk-headless maven, or start a Docker engine, or set KAFKA_BROKERS to a broker of your own'

const currentStamp = () => toStamp([{ file: pomFile }])

export const kafkaStep = {
  name: 'Apache Kafka (Maven)',
  isDone: () => hasStamp(kafkaFolder, currentStamp()),
  async findMissing(env) {
    const [java, maven] = await Promise.all([ask(javaCommand(env), ['-version'], { env }), ask('mvn', ['-version'], { env })])
    const missing = []
    if (java === undefined) missing.push(`Java ${oldestJava} or later (${advice})`)
    else if (readJavaMajor(java) < oldestJava) missing.push(`Java ${oldestJava} or later, found ${readJavaMajor(java)} (${advice})`)
    if (maven === undefined) missing.push(`Maven (${advice})`)
    return missing
  },
  install: () =>
    installFolder(kafkaFolder, currentStamp(), folder =>
      run('mvn', [
        '--batch-mode',
        '--quiet',
        '-Dstyle.color=never',
        `--file=${pomFile}`,
        'dependency:copy-dependencies',
        '-DincludeScope=runtime',
        `-DoutputDirectory=${join(folder, 'libs')}`,
      ]),
    ),
}

/** 17 from `openjdk version "17.0.15"`, 8 from `java version "1.8.0_402"`; NaN where there is no version. */
export function readJavaMajor(versionText) {
  const [, first, second] = /version "(\d+)(?:\.(\d+))?/.exec(versionText) ?? []
  return Number(first === '1' ? second : first)
}
