import { homedir } from 'node:os';
import { delimiter, join } from 'node:path';
import { asList, asObject, asText } from '../json/untyped.ts';
import { readDocuments } from '../manifest/documents.ts';
import type { Candidate } from './completion-offer.ts';
import type { GlobalFlags } from './global-flags.ts';
import type { Session } from './session.ts';

/** The contexts of the kubeconfig that a command would use; a file that cannot be read has none. */
export async function contextWords(
  { kubeconfig }: GlobalFlags,
  { readInput }: Pick<Session, 'readInput'>,
): Promise<readonly Candidate[]> {
  const texts = await Promise.all(
    kubeconfigs(kubeconfig).map(async (file) => {
      try {
        return await readInput(file, false);
      } catch {
        return [];
      }
    }),
  );
  return texts.flat().flatMap(({ text }) => {
    const read = readDocuments(text);
    const contexts = read.ok ? read.objects.flatMap((config) => asList(asObject(config).contexts)) : [];
    return contexts.map((context) => {
      const { name, context: inner } = asObject(context);
      const cluster = asText(asObject(inner).cluster);
      return { text: asText(name), ...(cluster === '' ? {} : { description: cluster }) };
    });
  });
}

function kubeconfigs(given: string | undefined): readonly string[] {
  if (given !== undefined) return [given];
  const { KUBECONFIG = '' } = process.env;
  const listed = KUBECONFIG.split(delimiter).filter((file) => file !== '');
  return listed.length > 0 ? listed : [join(homedir(), '.kube', 'config')];
}
