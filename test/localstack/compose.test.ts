import assert from 'node:assert/strict'
import { execFileSync, spawnSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { describe, it } from 'node:test'

const file = new URL('../../localstack/docker-compose.yml', import.meta.url).pathname
const text = readFileSync(file, 'utf8')
const hasCompose = spawnSync('docker', ['compose', 'version']).status === 0

describe('docker-compose.yml', () => {
  it('publishes every port on 127.0.0.1 only', () => {
    const published = [...text.matchAll(/^ {6}- (\S*):\d*\$?\S*$/gm)].map(([line]) => line.trim()).filter(line => line.includes('_PORT'))
    assert.equal(published.filter(line => line.startsWith('- 127.0.0.1:')).length, 2)
  })
  it('names every image by an exact version', () => {
    const images = [...text.matchAll(/image: (\S+)/g)].map(([, image]) => image)
    for (const image of images) assert.match(image, /:v?\d+\.\d+\.\d+$/)
    assert.equal(images.length, 2)
  })
  it('is understood by docker compose', { skip: hasCompose ? false : 'docker compose is not installed' }, () => {
    execFileSync('docker', ['compose', '--file', file, 'config', '--quiet'])
  })
})
