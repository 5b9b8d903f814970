import { describe, expect, it } from 'vitest';
import type { ReportFile } from '../../src/model/report-file.js';
import { readPeriodEnd } from '../../src/report/report.js';

const [begin, end] = [1_788_220_800, 1_788_307_199];
const range = (from: number, to: number) => `<date_range><begin>${from}</begin><end>${to}</end></date_range>`;
const record = '<record><row><source_ip>198.51.100.7</source_ip><count>1</count></row></record>';

function fileOf(...chunks: readonly string[]): ReportFile & { taken: () => number } {
  let taken = 0;
  async function* all() {
    for (const chunk of chunks) {
      taken += 1;
      yield Buffer.from(chunk);
    }
  }
  const ending = () => ({ state: 'complete' as const, problems: [] });
  return { kind: 'file', members: [], chunks: all(), ending, taken: () => taken };
}

const head = (inside: string) => `<feedback><report_metadata>${inside}</report_metadata>`;
const rest = `${record}</feedback>`;

describe('the end of a period', () => {
  it('is told before the rest is read', async () => {
    // A block of 4 KiB is full with the second chunk.
    const file = fileOf(head(range(begin, end)), ' '.repeat(4096), rest, rest);
    expect(await readPeriodEnd(file)).toBe(end);
    expect(file.taken()).toBe(2);
  });

  it('is never that of the begin, wherever the file is cut', async () => {
    for (let pad = 3_900; pad < 4_096; pad++) {
      const text = head(`<org_name>${'a'.repeat(pad)}</org_name>${range(begin, end)}`) + rest;
      expect(await readPeriodEnd(fileOf(text))).toBe(end);
    }
  });

  it('may be its begin', async () => {
    expect(await readPeriodEnd(fileOf(head(range(end, end)) + rest))).toBe(end);
  });

  it('may stand behind the records', async () => {
    expect(await readPeriodEnd(fileOf('<feedback>', record, head(range(begin, end)).slice(10), '</feedback>'))).toBe(
      end,
    );
  });

  it.each([
    ['a report without one', `<feedback>${rest}`],
    ['what is no report', '<html><body>hello</body></html>'],
    ['nothing', ''],
  ])('is null for %s', async (_, text) => {
    expect(await readPeriodEnd(fileOf(text))).toBeNull();
  });
});
