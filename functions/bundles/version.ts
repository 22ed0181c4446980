/** What a model version may be called; it stands in keys of buckets and tables, where no other character is needed to set it apart. */
export const versionPattern = /^[A-Za-z0-9][\w.-]{0,63}$/
