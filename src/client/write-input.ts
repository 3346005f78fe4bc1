import type { InputText } from '../cli/session.ts';
import { readForWriting, replaceText } from '../store/directory-write.ts';

/** Writes a file that was read before, in one step. @throws when it is not as it was then, or may not be written */
export async function writeInput({ name, text: before }: InputText, text: string): Promise<void> {
  const file = await readForWriting(name);
  if (file?.text !== before || !(await replaceText(file, text))) {
    throw new Error(`${name} has changed meanwhile and is not written; try again`);
  }
}
