// One set-up at a time. The lock is a folder that holds its owner's pid; it arrives by rename, so it is never seen empty.
import { mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'

/** Runs `work` while holding the lock; waits for a living owner, takes over from a dead one. */
export async function withLock(folder, work, { onWait = () => {}, pollMs = 100 } = {}) {
  mkdirSync(dirname(folder), { recursive: true })
  let isWaiting = false
  while (!take(folder)) {
    const owner = readOwner(folder)
    if (owner === undefined) continue // let go in between
    if (!isAlive(owner)) {
      putAside(folder, owner)
      continue
    }
    if (!isWaiting) onWait(owner)
    isWaiting = true
    await sleep(pollMs)
  }
  try {
    return await work()
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
}

function take(folder) {
  const mine = `${folder}.${process.pid}`
  rmSync(mine, { recursive: true, force: true })
  mkdirSync(mine)
  writeFileSync(join(mine, 'pid'), String(process.pid))
  try {
    renameSync(mine, folder) // refused while the lock is there, as it is not empty
    return true
  } catch {
    rmSync(mine, { recursive: true, force: true })
    return false
  }
}

function readOwner(folder) {
  try {
    return Number(readFileSync(join(folder, 'pid'), 'utf8'))
  } catch {
    return undefined
  }
}

/** Moves a dead owner's lock away. Of two that try, the second fails: the name is the owner's, and it is not empty. */
function putAside(folder, owner) {
  try {
    renameSync(folder, `${folder}.dead-${owner}`)
    rmSync(`${folder}.dead-${owner}`, { recursive: true, force: true })
  } catch {}
}

function isAlive(pid) {
  try {
    process.kill(pid, 0)
    return true
  } catch (cause) {
    return cause.code === 'EPERM'
  }
}
