import {
  GetAWSDefaultServiceQuotaCommand,
  GetServiceQuotaCommand,
  paginateListAWSDefaultServiceQuotas,
  paginateListServiceQuotas,
  type ServiceQuotasClient,
} from '@aws-sdk/client-service-quotas'

/**
 * A quota of the account in the region, by its code, or by its name where no page of AWS tells the code. AWS knows it as applied to the
 * account or, where nobody ever asked for more, as its default only.
 *
 * @throws Error where Service Quotas knows no such quota
 * @example await findQuota(client, 'vpc', 'L-F678F1CE') // 5 VPCs
 */
export async function findQuota(client: ServiceQuotasClient, service: string, quota: string | RegExp): Promise<number> {
  const reading = typeof quota === 'string' ? readByCode(client, service, quota) : findByName(client, service, quota)
  const value = await reading.catch(cause => {
    const advice = 'an emulator may know none; on AWS sign in with a role that may call servicequotas:Get* and List*'
    throw new Error(`Service Quotas does not say: ${(cause as Error).message}; ${advice}`, { cause })
  })
  if (value === undefined) throw new Error(`Service Quotas knows no quota ${quota} of ${service}`)
  return value
}

async function readByCode(client: ServiceQuotasClient, ServiceCode: string, QuotaCode: string): Promise<number | undefined> {
  try {
    return (await client.send(new GetServiceQuotaCommand({ ServiceCode, QuotaCode }))).Quota?.Value
  } catch (error) {
    if ((error as Error).name !== 'NoSuchResourceException') throw error
    return (await client.send(new GetAWSDefaultServiceQuotaCommand({ ServiceCode, QuotaCode }))).Quota?.Value
  }
}

async function findByName(client: ServiceQuotasClient, ServiceCode: string, name: RegExp): Promise<number | undefined> {
  for (const list of [paginateListServiceQuotas, paginateListAWSDefaultServiceQuotas]) {
    for await (const { Quotas = [] } of list({ client }, { ServiceCode })) {
      const found = Quotas.find(({ QuotaName = '' }) => name.test(QuotaName))
      if (found?.Value !== undefined) return found.Value
    }
  }
  return undefined
}
