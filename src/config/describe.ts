import { configVariable, ownConfigFile } from './config-file.js';
import type { Setting } from './setting.js';
import { fieldsOf, itemFieldsOf, plainValue, rootSetting } from './setting.js';

type Fields = Readonly<Record<string, Setting>>;

function wrapped(text: string, prefix: string): string[] {
  const lines: string[] = [];
  let line = '';
  for (const word of text.split(' ')) {
    if (line !== '' && prefix.length + line.length + word.length + 1 > 100) {
      lines.push(prefix + line);
      line = word;
    } else line = line === '' ? word : `${line} ${word}`;
  }
  return [...lines, prefix + line];
}

function yamlValue(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map(yamlValue).join(', ')}]`;
  return plainValue(value ?? null);
}

/** What the sample shows: the default, or an example where there is none to show. */
function sampleValue(setting: Setting): string {
  const usual = setting.default ?? null;
  const shows = usual === null || (Array.isArray(usual) && usual.length === 0);
  return yamlValue(shows ? (setting.example ?? usual) : usual);
}

/** The one list whose needed settings the sample has in force. */
const liveList = 'mailboxes';

const isNeeded = (setting: Setting | undefined) =>
  setting !== undefined && setting.default === undefined && !setting.derived;

/** A secret that may come from a file is only described: the sample sets the file. */
const isInFile = (key: string, siblings: Fields) => Object.hasOwn(siblings, `${key}_file`);

/** Whether a map is no good without this setting, or without the secret that it is the file of. */
const isFirst = (key: string, siblings: Fields) =>
  isNeeded(siblings[key]) || (key.endsWith('_file') && isNeeded(siblings[key.slice(0, -'_file'.length)]));

function proseOf(key: string, siblings: Fields, indent: string): string[] {
  const description = siblings[key]?.description ?? '';
  return wrapped(isInFile(key, siblings) ? `${key}: ${description}` : description, `${indent}## `);
}

/** Prose and line of one setting. `before` stands between the indentation and the setting. */
function sampleSetting(key: string, siblings: Fields, indent: string, before: string): string[] {
  const prose = proseOf(key, siblings, indent);
  return isInFile(key, siblings) ? prose : [...prose, `${indent}${before}${key}: ${sampleValue(siblings[key] ?? {})}`];
}

function sampleMap(fields: Fields): string[] {
  return Object.keys(fields).flatMap((key) => sampleSetting(key, fields, '  ', '# '));
}

/** The only item of a list, what it needs first. */
function sampleItem(fields: Fields, isLive: boolean): string[] {
  const keys = Object.keys(fields);
  const ordered = [...keys.filter((key) => isFirst(key, fields)), ...keys.filter((key) => !isFirst(key, fields))];
  return ordered.flatMap((key, index) => {
    const mark = isLive && isFirst(key, fields) ? '' : '# ';
    return index === 0 ? sampleSetting(key, fields, '  ', `${mark}- `) : sampleSetting(key, fields, '    ', mark);
  });
}

function sampleEntry([key, setting]: readonly [string, Setting]): string[] {
  const map = fieldsOf(setting);
  const fields = map ?? itemFieldsOf(setting);
  if (!fields) return ['', ...sampleSetting(key, rootSetting.properties ?? {}, '', '# ')];
  const isLive = key === liveList;
  const settings = map ? sampleMap(map) : sampleItem(fields, isLive);
  return ['', ...wrapped(setting.description ?? '', '## '), `${isLive ? '' : '# '}${key}:`, ...settings];
}

/** config.example.yaml: one mailbox in force, every other setting behind a hash and a blank, prose behind two hashes. */
export function exampleFile(): string {
  const lines = [
    '## Settings of ruawatch. Written by `npm run docs`; docs/configuration.md has the same as a table.',
    `## Copy this file to ${ownConfigFile} and fill in the mailbox at its top: the lines without a hash. Every other`,
    '## setting shows its default or an example; it comes into force when "# " (hash and blank) is removed from its line,',
    '## and from that of the group it is in. A secret may stand here itself in place of its _file.',
    ...Object.entries(rootSetting.properties ?? {}).flatMap(sampleEntry),
  ];
  return `${lines.join('\n')}\n`;
}

function cell(text: string): string {
  return text.replaceAll('|', '\\|');
}

function defaultCell(key: string, setting: Setting, siblings: Fields): string {
  if (setting.default !== undefined) return setting.default === null ? 'none' : `\`${yamlValue(setting.default)}\``;
  if (setting.derived) return 'see meaning';
  return Object.hasOwn(siblings, `${key}_file`) ? `this or \`${key}_file\`` : 'required';
}

function tableRow(prefix: string, key: string, siblings: Fields): string {
  const setting = siblings[key] ?? {};
  const variable = setting.env === undefined ? '' : `\`${setting.env}\``;
  const meaning = cell(setting.description ?? '');
  return `| \`${prefix}${key}\` | ${variable} | ${meaning} | ${defaultCell(key, setting, siblings)} |`;
}

function tableRows([key, setting]: readonly [string, Setting]): string[] {
  const map = fieldsOf(setting);
  const fields = map ?? itemFieldsOf(setting);
  if (!fields) return [tableRow('', key, rootSetting.properties ?? {})];
  const heading = `| \`${key}\` | | ${cell(setting.description ?? '')} | none |`;
  return [heading, ...fieldRows(map ? `${key}.` : `${key}[].`, fields)];
}

function fieldRows(prefix: string, fields: Fields): string[] {
  return Object.entries(fields).flatMap(([name, setting]) => {
    const row = tableRow(prefix, name, fields);
    return [row, ...fieldRows(`${prefix}${name}.`, fieldsOf(setting) ?? {})];
  });
}

const introduction = `# Configuration

Written by \`npm run docs\` from \`src/config/config.ts\`; edit that file, not this page.

Settings come from a YAML file, from the environment, or both. The file is the one of \`--config FILE\`, else of
\`${configVariable}\`, else \`${ownConfigFile}\` in the folder that ruawatch was started in; only one is read. The demo reads none.
The command line wins over the environment, the environment over the file. An empty variable counts as not set.

- The \`RUAWATCH_IMAP_…\` variables are **one more mailbox** besides those of the file; \`RUAWATCH_DIRECTORY\` is one more directory.
- Lists are separated by commas: \`RUAWATCH_DOMAINS=example.org,example.com\`. \`RUAWATCH_IMAP_FOLDER\` is one folder.
- Every secret has a second form with \`_file\` (\`_FILE\`) that names a file holding it. Setting both forms is an error.
- Unknown settings and unknown \`RUAWATCH_…\` variables are errors, so that a typing mistake cannot hide.
- Paths are relative to the folder that ruawatch was started in; with \`npm start\` that is the checkout.
`;

/** docs/configuration.md. */
export function configurationPage(): string {
  const rows = Object.entries(rootSetting.properties ?? {}).flatMap(tableRows);
  return `${introduction}\n| YAML | environment | meaning | default |\n| --- | --- | --- | --- |\n${rows.join('\n')}\n`;
}
