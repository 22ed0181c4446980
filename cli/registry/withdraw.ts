import { changePointer } from '#functions/bundles/registry.ts'
import type { RegistryPorts } from './prove-bundle.ts'

/**
 * Takes the shadow or the challenger out of service, in one write; gives its version, or null where there was none.
 *
 * @example await withdraw(ports, 'shadow') // '20010103T0835-a43d7f34'
 */
export async function withdraw(
  { pipeline, models }: Pick<RegistryPorts, 'pipeline' | 'models'>,
  role: 'shadow' | 'challenger',
): Promise<string | null> {
  let withdrawn: string | null = null
  await changePointer(models, pipeline.name, champion => {
    withdrawn = champion?.[role]?.version ?? null
    return champion && withdrawn !== null ? { ...champion, [role]: null } : undefined
  })
  return withdrawn
}
