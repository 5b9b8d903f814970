import { readFileSync } from 'node:fs';
import { LineCounter, parseDocument } from 'yaml';
import type { YAMLError } from 'yaml';
import { codeOf, Failure } from '../base/failure.js';
import type { ConfigFile } from './config-file.js';

/** A file of settings is some pages; far more is the wrong file. */
const maxFileChars = 1024 * 1024;

/** The library's own messages may quote the text around the mistake, which can be a password. */
const mistakes: Readonly<Partial<Record<YAMLError['code'], string>>> = {
  BAD_INDENT: 'the indentation does not fit the lines above',
  BAD_SCALAR_START: 'a value that starts with @, ` or % must be in quotes',
  BLOCK_AS_IMPLICIT_KEY: 'a value that holds ": " must be in quotes',
  BLOCK_IN_FLOW: 'a bracket before this line is not closed',
  DUPLICATE_KEY: 'this setting stands there twice',
  MISSING_CHAR: 'a quote, a bracket, a colon or a space after a colon is missing',
  MULTIPLE_DOCS: 'a second document starts here (---)',
  MULTILINE_IMPLICIT_KEY: 'a colon after the name of the setting is missing',
  TAB_AS_INDENT: 'lines must be indented with spaces, not tabs',
};

/** Why a file cannot be read, in words; for any file that a setting names. */
export function unreadable(error: unknown): string {
  switch (codeOf(error)) {
    case 'ENOENT':
      return 'it does not exist';
    case 'EACCES':
    case 'EPERM':
      return 'this user may not read it';
    case 'EISDIR':
      return 'it is a folder';
    default:
      return codeOf(error) || 'it cannot be opened';
  }
}

/** The top of a YAML file as plain data; an empty file is no settings. Throws a Failure with line and column. */
export function readYamlFile(file: ConfigFile): unknown {
  const { path } = file;
  const text = textOf(file);
  const lines = new LineCounter();
  const document = parseDocument(text, { lineCounter: lines, prettyErrors: false });
  const mistake = document.errors[0];
  if (mistake) {
    const { line, col } = lines.linePos(mistake.pos[0]);
    throw new Failure(`${path}, line ${line}, column ${col}: ${mistakes[mistake.code] ?? 'this is not YAML'}`, {
      hint: 'correct the line; config.example.yaml shows the form',
      exitCode: 2,
    });
  }
  try {
    return document.toJS();
  } catch {
    throw new Failure(`${path} uses a YAML alias (*name) that names nothing, or too many of them`, {
      hint: 'put values that start with * or & in quotes',
      exitCode: 2,
    });
  }
}

const elsewhere = 'correct that file, or name another one with --config';

function textOf({ path, namedBy }: ConfigFile): string {
  let text: string;
  try {
    text = readFileSync(path, 'utf8');
  } catch (error) {
    throw new Failure(`cannot read the configuration file ${path}: ${unreadable(error)}`, {
      hint: namedBy === null ? elsewhere : `correct ${namedBy} or the file's permissions`,
      exitCode: 2,
    });
  }
  if (text.length <= maxFileChars) return text;
  throw new Failure(`the configuration file ${path} is larger than 1 MiB`, {
    hint: namedBy === null ? elsewhere : `correct ${namedBy}: it names another kind of file`,
    exitCode: 2,
  });
}
