import { isNode, LineCounter, parseDocument, type Document } from 'yaml';
import type { z } from 'zod';
import { configurationSchema, type Configuration } from './schema.ts';

/** What is wrong with a configuration, all of it: one line a problem, each with its place. */
export class ConfigurationError extends Error {
  override readonly name = 'ConfigurationError';
  readonly problems: readonly string[];

  constructor(file: string, problems: readonly string[]) {
    super(
      `the configuration ${file} is not usable:\n${problems.map((problem) => `  ${problem}`).join('\n')}`,
    );
    this.problems = problems;
  }
}

/**
 * Reads a configuration (YAML or JSON); everything left out has its default. An empty text is the default configuration.
 *
 * @param file its name, for messages
 * @throws {ConfigurationError} naming file, line, column and key of every problem
 */
export function parseConfiguration(text: string, file: string): Configuration {
  const lineCounter = new LineCounter();
  const document = parseDocument(text, { lineCounter, prettyErrors: false });
  const at = (offset: number) => {
    const { line, col } = lineCounter.linePos(offset);
    return `${file}:${line}:${col}`;
  };
  if (document.errors.length > 0) {
    throw new ConfigurationError(
      file,
      document.errors.map((error) => `${at(error.pos[0])}: ${error.message}`),
    );
  }
  const result = configurationSchema.safeParse(withoutNulls(document.toJS()) ?? {});
  if (result.success) return result.data;
  throw new ConfigurationError(
    file,
    result.error.issues.flatMap((issue) => problemsOf(issue, (path) => at(offsetOf(document, path)))),
  );
}

function problemsOf(
  issue: z.core.$ZodIssue,
  place: (path: readonly PropertyKey[]) => string,
): readonly string[] {
  if (issue.code === 'unrecognized_keys') {
    return issue.keys.map((key) => {
      const path = [...issue.path, key];
      return `${place(path)}: ${dotted(path)}: unknown key`;
    });
  }
  return [`${place(issue.path)}: ${dotted(issue.path)}: ${issue.message}`];
}

/** Where the deepest part of a path that is written stands; keys are pointed at, not their values. */
function offsetOf(document: Document, path: readonly PropertyKey[]): number {
  for (let depth = path.length; depth > 0; depth--) {
    const parent: unknown = depth === 1 ? document.contents : document.getIn(path.slice(0, depth - 1), true);
    const key = path[depth - 1];
    const offset = keyOffset(parent, key) ?? nodeOffset(document.getIn(path.slice(0, depth), true));
    if (offset !== undefined) return offset;
  }
  return 0;
}

function keyOffset(parent: unknown, key: PropertyKey | undefined): number | undefined {
  if (typeof parent !== 'object' || parent === null || !('items' in parent) || !Array.isArray(parent.items))
    return undefined;
  for (const pair of parent.items as readonly unknown[]) {
    if (typeof pair !== 'object' || pair === null || !('key' in pair) || !isNode(pair.key)) continue;
    if (pair.key.toJSON() === key) return nodeOffset(pair.key);
  }
  return undefined;
}

function nodeOffset(node: unknown): number | undefined {
  return isNode(node) ? node.range?.[0] : undefined;
}

function dotted(path: readonly PropertyKey[]): string {
  if (path.length === 0) return 'the document';
  return path
    .map((step, at) =>
      typeof step === 'number' ? `[${step}]` : at === 0 ? String(step) : `.${String(step)}`,
    )
    .join('');
}

/** A key with nothing behind it counts as left out. */
function withoutNulls(value: unknown): unknown {
  if (value === null) return undefined;
  if (Array.isArray(value)) return value.map(withoutNulls);
  if (typeof value !== 'object') return value;
  return Object.fromEntries(
    Object.entries(value)
      .filter(([, inner]) => inner !== null)
      .map(([key, inner]) => [key, withoutNulls(inner)]),
  );
}
