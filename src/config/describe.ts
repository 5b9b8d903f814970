import { configVariable } from './environment.js';
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

/** Lines for one setting. A secret that may come from a file is only described: the sample sets the file. */
function sampleSetting(key: string, setting: Setting, siblings: Fields, indent: string): string[] {
  const comment = indent === '' ? '# ' : `#${indent}# `;
  const description = setting.description ?? '';
  if (Object.hasOwn(siblings, `${key}_file`)) return wrapped(`${key}: ${description}`, comment);
  return [...wrapped(description, comment), `#${indent}${key}: ${sampleValue(setting)}`];
}

function sampleEntry([key, setting]: readonly [string, Setting]): string[] {
  const map = fieldsOf(setting);
  const fields = map ?? itemFieldsOf(setting);
  if (!fields) return ['', ...sampleSetting(key, setting, rootSetting.properties ?? {}, '')];
  const indent = map ? '  ' : '    ';
  const settings = Object.entries(fields).flatMap(([name, field]) => sampleSetting(name, field, fields, indent));
  return ['', ...wrapped(setting.description ?? '', '# '), `#${key}:`, ...(map ? [] : ['#  -']), ...settings];
}

/** config.example.yaml: everything commented out, so that the file as it is changes nothing. */
export function exampleFile(): string {
  const lines = [
    '# Settings of ruawatch. Written by `npm run docs`; docs/configuration.md has the same as a table.',
    '# Lines that start with "#" and no space are settings: copy this file and take their "#" away.',
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
  return [heading, ...Object.keys(fields).map((name) => tableRow(map ? `${key}.` : `${key}[].`, name, fields))];
}

const introduction = `# Configuration

Written by \`npm run docs\` from \`src/config/config.ts\`; edit that file, not this page.

Settings come from a YAML file (\`--config FILE\` or \`${configVariable}\`), from the environment, or both.
The command line wins over the environment, the environment over the file. An empty variable counts as not set.

- The \`RUAWATCH_IMAP_…\` variables are **one more mailbox** besides those of the file; \`RUAWATCH_DIRECTORY\` is one more directory.
- Lists are separated by commas: \`RUAWATCH_DOMAINS=example.org,example.com\`. \`RUAWATCH_IMAP_FOLDER\` is one folder.
- Every secret has a second form with \`_file\` (\`_FILE\`) that names a file holding it. Setting both forms is an error.
- Unknown settings and unknown \`RUAWATCH_…\` variables are errors, so that a typing mistake cannot hide.
- Paths are relative to the folder that ruawatch was started in.
`;

/** docs/configuration.md. */
export function configurationPage(): string {
  const rows = Object.entries(rootSetting.properties ?? {}).flatMap(tableRows);
  return `${introduction}\n| YAML | environment | meaning | default |\n| --- | --- | --- | --- |\n${rows.join('\n')}\n`;
}
