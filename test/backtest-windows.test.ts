import { describe, expect, it } from 'vitest';
import { Backtest } from '../src/backtest.js';
import type { ToldLine } from '../src/backtest.js';
import { judgeRun, mayStand, nextRun, windowMails, windowSeconds } from '../src/backtest-windows.js';
import type { RawMail } from '../src/model/raw-mail.js';
import { server } from './scenarios/auth.js';
import { plusDays, reportsOf, xmlOf } from './scenarios/history.js';
import type { Report } from './scenarios/history.js';
import { tempFiles } from './support/files.js';

const at = (seconds: number, mails = 1) => ({ at: seconds, mails });

describe('the next moments that may be judged together', () => {
  it('lie within six hours', () => {
    const moments = [at(0), at(windowSeconds), at(windowSeconds + 1)];
    expect(nextRun(moments, 0, Infinity)).toEqual([at(0), at(21_600)]);
    expect(nextRun(moments, 1, Infinity)).toEqual([at(21_600), at(21_601)]);
  });

  it('bring 200 mails at most', () => {
    const moments = [at(1, windowMails - 1), at(2), at(3)];
    expect(nextRun(moments, 0, Infinity)).toEqual([at(1, 199), at(2)]);
  });

  it('are one alone where it brings more', () => {
    expect(nextRun([at(1, windowMails + 1), at(2)], 0, Infinity)).toEqual([at(1, 201)]);
  });

  it('come before what falls due', () => {
    const moments = [at(10), at(19), at(20), at(21)];
    expect(nextRun(moments, 0, 20)).toEqual([at(10), at(19)]);
  });

  it('are one alone once something is due', () => {
    expect(nextRun([at(20), at(21)], 0, 20)).toEqual([at(20)]);
    expect(nextRun([at(20), at(21)], 0, 5)).toEqual([at(20)]);
  });
});

describe('a run', () => {
  /** Cannot be judged together where the moment at `telling` is among others. */
  function judgeOf(telling: number) {
    const looks: string[] = [];
    const judge = {
      one: async (moment: { at: number }) => {
        looks.push(`${moment.at}`);
        return moment.at;
      },
      together: async (run: readonly { at: number }[]) => {
        const ats = run.map((each) => each.at);
        const isQuiet = !ats.includes(telling);
        looks.push(`${ats.join(' ')}${isQuiet ? '' : ' taken back'}`);
        return isQuiet ? ats : null;
      },
    };
    return { looks, judge };
  }

  it('is judged in one look where nothing is told', async () => {
    const { looks, judge } = judgeOf(9);
    expect(await judgeRun([at(1), at(2), at(3)], judge)).toEqual([1, 2, 3]);
    expect(looks).toEqual(['1 2 3']);
  });

  it('is halved down to the moment that tells', async () => {
    const { looks, judge } = judgeOf(3);
    expect(await judgeRun([at(1), at(2), at(3), at(4)], judge)).toEqual([1, 2, 3, 4]);
    expect(looks).toEqual(['1 2 3 4 taken back', '1 2', '3 4 taken back', '3', '4']);
  });

  it('of one moment is not tried first', async () => {
    const { looks, judge } = judgeOf(1);
    expect(await judgeRun([at(1)], judge)).toEqual([1]);
    expect(looks).toEqual(['1']);
  });
});

describe('a look stands for several', () => {
  const open = { severity: 'warning', openedAt: 50, resolvedAt: null } as const;

  it.each([
    ['nothing changed', null],
    ['nothing is told', { messages: [], findings: [] }],
    ['a grave finding goes on', { messages: [], findings: [open] }],
    ['a slight one begins', { messages: [], findings: [{ ...open, severity: 'info', openedAt: 100 }] }],
    ['a slight one ends', { messages: [], findings: [{ ...open, severity: 'info', resolvedAt: 100 }] }],
  ] as const)('where %s', (_, seen) => {
    expect(mayStand(seen, 100)).toBe(true);
  });

  it.each([
    ['a message is sent', { messages: [{}], findings: [] }],
    ['a grave finding begins', { messages: [], findings: [{ ...open, openedAt: 100 }] }],
    ['a grave finding ends', { messages: [], findings: [{ ...open, resolvedAt: 100 }] }],
  ] as const)('but not where %s', (_, seen) => {
    expect(mayStand(seen, 100)).toBe(false);
  });
});

const breaks = '2024-05-10';
const flow = { ips: ['203.0.113.10'], perDay: 100 };
/** Four reports a day, an hour apart, from 06:00 on. */
const reporters = [6, 7, 8, 9].map((lagHours, i) => ({ name: `receiver${i}.example`, lagHours, share: 1 }));
/** A server of ours breaks after 40 days; the first reporter does not see it. A week later it is well again. */
const reports = reportsOf({
  reporters,
  flows: [
    { ...flow, from: plusDays(breaks, -40), to: plusDays(breaks, -1), auth: server.well },
    { ...flow, from: breaks, to: plusDays(breaks, 9), auth: server.well, seenBy: ['receiver0.example'] },
    {
      ...flow,
      from: breaks,
      to: plusDays(breaks, 9),
      auth: server.broken,
      seenBy: ['receiver1.example', 'receiver2.example', 'receiver3.example'],
    },
    { ...flow, from: plusDays(breaks, 10), to: plusDays(breaks, 16), auth: server.well },
  ],
});

function mailOf(report: Report): RawMail {
  const bytes = Buffer.from(xmlOf(report));
  const origin = { source: 'ingest', folder: '', uidValidity: null, uid: null, path: `/${report.id}.xml` };
  return { origin, content: { kind: 'bytes', bytes }, size: bytes.length, receivedAt: null };
}

async function told(drive: (test: Backtest) => Promise<void>): Promise<ToldLine[]> {
  const folder = await tempFiles();
  const lines: ToldLine[] = [];
  const test = new Backtest({ db: folder.at('scratch.db'), domains: [], authservIds: [], bare: true }, (line) =>
    lines.push(line),
  );
  await drive(test);
  await test.close();
  await folder.remove();
  return lines;
}

const moments = reports.map((report) => ({ at: report.arrives, mails: 1, report }));

describe('an archive judged in as few looks as it takes', () => {
  it('tells at once what the service tells, at the same second', async () => {
    const one = await told(async (test) => {
      for (const { at: moment, report } of moments) {
        await test.pass(moment);
        await test.deliver(moment, [mailOf(report)]);
        await test.judge();
      }
    });
    const stored: string[] = [];
    const together = await told(async (test) => {
      const deliver = (moment: (typeof moments)[number]) => test.deliver(moment.at, [mailOf(moment.report)]);
      for await (const run of test.passThrough(moments, deliver))
        for (const { moment, delivered } of run) stored.push(`${moment.report.id} ${delivered[0]?.outcome ?? ''}`);
    });
    expect(together).toEqual(one);
    expect(together.map(({ type, route, at: when }) => `${when} ${type} ${route}`)).toContain(
      '2024-05-11T07:00:01Z dmarc.alert.opened now',
    );
    expect(stored).toEqual(reports.map((each) => `${each.id} report`));
  });
});
