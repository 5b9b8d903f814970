import { readFileSync } from 'node:fs';

export interface Instruction {
  readonly name: string;
  readonly text: string;
}

export interface Stage {
  /** The base image, with the defaults of ARG filled in. */
  readonly from: string;
  readonly instructions: readonly Instruction[];
}

/** The stages of a Dockerfile, in order: comments gone, lines that go on joined, ARG of the head filled into FROM. */
export function readDockerfile(path: string): Stage[] {
  const stages: { from: string; instructions: Instruction[] }[] = [];
  const args = new Map<string, string>();
  for (const { name, text } of instructionsOf(readFileSync(path, 'utf8'))) {
    const stage = stages.at(-1);
    if (name === 'FROM') stages.push({ from: filled(text, args), instructions: [] });
    else if (stage !== undefined) stage.instructions.push({ name, text });
    else if (name === 'ARG') args.set(text.split('=')[0] ?? '', text.split('=')[1] ?? '');
    else throw new Error(`${name} before the first FROM`);
  }
  return stages;
}

function instructionsOf(source: string): Instruction[] {
  const lines = source.split('\n').filter((line) => line.trim() !== '' && !line.trimStart().startsWith('#'));
  const joined = lines
    .join('\n')
    .replace(/\\\n\s*/g, ' ')
    .split('\n');
  return joined.map((line) => {
    const [, name = '', text = ''] = /^([A-Z]+)\s+(.*)$/.exec(line) ?? [];
    if (name === '') throw new Error(`not an instruction: ${line}`);
    return { name, text: text.trim() };
  });
}

function filled(text: string, args: ReadonlyMap<string, string>): string {
  return text.replace(/\$\{(\w+)\}/g, (_, name: string) => args.get(name) ?? '');
}

/** What a stage sets for the program that it runs. */
export interface Run {
  readonly entrypoint: readonly string[];
  readonly command: readonly string[];
  readonly healthcheck: readonly string[];
  readonly user: string;
  readonly folder: string;
  readonly env: Readonly<Record<string, string>>;
}

export function runOf({ instructions }: Stage): Run {
  const textOf = (wanted: string) => instructions.findLast(({ name }) => name === wanted)?.text ?? '';
  const sets = instructions.filter(({ name }) => name === 'ENV').flatMap(({ text }) => text.split(/\s+/));
  return {
    entrypoint: words(textOf('ENTRYPOINT')),
    command: words(textOf('CMD')),
    healthcheck: words(textOf('HEALTHCHECK').replace(/^(--\S+\s+)*CMD\s+/, '')),
    user: textOf('USER'),
    folder: textOf('WORKDIR'),
    env: Object.fromEntries(sets.map((each) => [each.split('=')[0] ?? '', each.slice(each.indexOf('=') + 1)])),
  };
}

/** The exec form, a JSON array. Throws on the shell form. */
function words(text: string): string[] {
  return JSON.parse(text) as string[];
}
