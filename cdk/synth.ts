/** Synthesizes the app for every kind of cluster and both processors, without credentials: `npm run synth`. */
import { spawnSync } from 'node:child_process'
import { join } from 'node:path'
import { root } from './load-pipeline.ts'
import { readScriptArgument } from './script-arguments.ts'

readScriptArgument(`usage: npm run synth

Synthesizes the app for three kinds of cluster and two processors, which takes minutes. One of them alone, with its settings:
npx cdk synth --quiet -c cluster=serverless -c architecture=arm64. Exit codes: 0 all do, 1 one does not, 2 wrong usage.`)

const region = 'eu-central-1'
const existing = `arn:aws:kafka:${region}:111122223333:cluster/existing/00000000-0000-0000-0000-000000000000-1`
const cdk = join(root, 'node_modules/aws-cdk/bin/cdk')

const inVpc = { vpcId: 'vpc-0a1b2c3d', subnetIds: 'subnet-0a1b2c3d,subnet-1a2b3c4d', securityGroupIds: 'sg-0a1b2c3d' } // without, AWS would not reach the brokers

for (const architecture of ['x86_64', 'arm64']) {
  for (const cluster of ['provisioned', 'serverless', existing]) {
    const settings = { architecture, cluster, ...(cluster === existing && inVpc) }
    const options = Object.entries(settings).flatMap(([name, value]) => ['--context', `${name}=${value}`])
    const env = { ...process.env, AWS_REGION: region, AWS_EC2_METADATA_DISABLED: 'true' }
    const { status } = spawnSync(process.execPath, [cdk, 'synth', '--quiet', ...options], {
      cwd: root,
      env,
      stdio: ['ignore', 'ignore', 'inherit'],
    })
    console.log(`${status === 0 ? 'ok  ' : 'not '} ${architecture} ${cluster}`)
    if (status !== 0) process.exitCode = 1
  }
}
