import { readConfig } from '../adapters/config.ts'
import { customResource } from '../adapters/custom-resource.ts'
import { openTopicAdmin } from '../adapters/topic-admin.ts'
import { makeTopics } from './topics.ts'

/** Called by CloudFormation when the stack is made or its topics change. Topics outlive the stack: a deletion does nothing. */
export const handler = customResource('topics', async ({ Topics }) => {
  const admin = await openTopicAdmin(readConfig(['CLUSTER_ARN', 'KAFKA_AUTH']))
  try {
    return { ...(await makeTopics(admin, JSON.parse(String(Topics)))) }
  } finally {
    await admin.close()
  }
})
