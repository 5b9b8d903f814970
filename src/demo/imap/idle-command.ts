import type { CommandTable } from './command-table.js';
import { bad, ok } from './session.js';

/** RFC 2177: news is told as it happens, until the client says DONE. */
export const idleCommand: CommandTable = {
  IDLE: {
    needs: 'login',
    run: ({ session }) => {
      const stop = session.selected?.watch(() => void session.announce());
      session.onClose = stop ?? null;
      return {
        prompt: 'idling',
        next: (line) => {
          stop?.();
          session.onClose = null;
          return line.toUpperCase() === 'DONE' ? ok('IDLE terminated') : bad('expected DONE');
        },
      };
    },
  },
};
