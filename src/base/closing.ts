/** Something open, and how to close it. */
export interface Closing {
  readonly name: string;
  close(): Promise<void> | void;
}

/** Closes in reverse order of opening; one that fails does not keep the others open. Resolves with what failed. */
export async function closeAll(open: readonly Closing[]): Promise<readonly { name: string; error: unknown }[]> {
  const failed: { name: string; error: unknown }[] = [];
  for (const each of [...open].reverse()) {
    try {
      await each.close();
    } catch (error) {
      failed.push({ name: each.name, error });
    }
  }
  return failed;
}
