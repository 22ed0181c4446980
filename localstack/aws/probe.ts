/** Whether anything answers HTTP there within two seconds, whatever it answers. */
export const answersHttp = (url: string): Promise<boolean> =>
  fetch(url, { signal: AbortSignal.timeout(2_000) }).then(
    async response => {
      await response.body?.cancel()
      return true
    },
    () => false,
  )
