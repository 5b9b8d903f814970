/** A line that is drawn over itself on a terminal; silent elsewhere. */
export interface Progress {
  show(done: number, total: number | null, note: string): void;
  end(): void;
}

const width = 28;

export function openProgress(stream: NodeJS.WriteStream): Progress {
  if (!stream.isTTY) return { show: () => undefined, end: () => undefined };
  let drawn = false;
  return {
    show: (done, total, note) => {
      drawn = true;
      const columns = stream.columns || 80;
      stream.write(`\r\u001b[K${line(done, total, note).slice(0, columns - 1)}`);
    },
    end: () => {
      if (drawn) stream.write('\r\u001b[K');
      drawn = false;
    },
  };
}

function line(done: number, total: number | null, note: string): string {
  if (total === null || total === 0) return `${done}  ${note}`;
  const share = Math.min(1, done / total);
  const full = Math.round(share * width);
  return `${'█'.repeat(full)}${'░'.repeat(width - full)} ${Math.floor(share * 100)} %  ${done} of ${total}  ${note}`;
}
