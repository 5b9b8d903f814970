import { once } from 'node:events';

/** Standard output that waits for a slow reader. */
export interface Output {
  readonly write: (text: string) => void;
  drained(): Promise<void>;
}

export function openOutput(stream: NodeJS.WriteStream): Output {
  return {
    write: (text) => void stream.write(text),
    drained: async () => {
      if (stream.writableNeedDrain) await once(stream, 'drain');
    },
  };
}
