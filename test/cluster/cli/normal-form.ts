/** Names that a run makes up, and what stands for them in the transcript. */
export type Names = ReadonlyMap<string, string>;

/**
 * Puts what differs from run to run into one form: registries, digests (numbered as they come), ages, request tokens, and
 * the spaces between columns, whose width follows from those.
 */
export function createNormalForm(registries: Names): (screen: string) => string {
  const digests = new Map<string, string>();
  const numbered = (hex: string): string => {
    const known = digests.get(hex);
    if (known !== undefined) return known;
    const name = `<digest ${digests.size + 1}>`;
    digests.set(hex, name);
    return name;
  };
  return (screen) => {
    const hosts = [...registries].reduce((text, [host, name]) => text.replaceAll(host, name), screen);
    return hosts
      .replace(/sha256:([0-9a-f]{64})/g, (_all, hex: string) => `sha256:${numbered(hex)}`)
      .replace(/\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ-[0-9a-f]{8}/g, '<token>')
      .replace(/\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ/g, '<time>')
      .replace(/Less than a second ago|\d+ seconds? ago|About a minute ago|\d+ minutes? ago/g, '<age> ago')
      .replace(/since (?:Less than a second|\d+ seconds?|About a minute|\d+ minutes?)/g, 'since <age>')
      .replace(/ {3,}(?=\S)/g, (spaces, at: number, text: string) =>
        at === 0 || text[at - 1] === '\n' ? spaces : '   ',
      );
  };
}
