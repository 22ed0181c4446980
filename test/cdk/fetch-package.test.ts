import assert from 'node:assert/strict'
import { readdirSync } from 'node:fs'
import { join } from 'node:path'
import { after, before, describe, it } from 'node:test'
import { fetchPackage } from '../../cdk/fetch-package.ts'
import { root } from '../../cdk/load-pipeline.ts'

describe('fetchPackage', () => {
  before(() => {
    Object.assign(process.env, { npm_config_registry: 'http://127.0.0.1:9/', npm_config_fetch_retries: '0' }) // nobody answers there
  })
  after(() => {
    delete process.env.npm_config_registry
    delete process.env.npm_config_fetch_retries
  })
  it('rejects a package that npm cannot fetch, and leaves nothing half-made', async () => {
    await assert.rejects(fetchPackage('@duckdb/nowhere', '1.0.0'), {
      code: 'PREREQUISITE_MISSING',
      message:
        /^@duckdb\/nowhere@1\.0\.0, which the other processor needs, could not be fetched by npm: .+; make its registry reachable, or unpack it into .*natives/,
    })
    assert.deepEqual(
      readdirSync(join(root, '.local/natives')).filter(name => name.startsWith('fetch-')),
      [],
    )
  })
})
