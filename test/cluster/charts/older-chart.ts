import { cp, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parse } from 'yaml';
import { at, fields, list, type Fields, type Value } from '../../manifests/files.ts';
import { chartFolder } from './helm.ts';

/** A chart of a version before ours, whose ImageStream had no column for import failures. */
export interface OlderChart {
  readonly folder: string;
  remove(): Promise<void>;
}

export async function makeOlderChart(): Promise<OlderChart> {
  const folder = await mkdtemp(join(tmpdir(), 'pinstream-chart-'));
  await cp(chartFolder, folder, { recursive: true });
  const edit = async (path: string, change: (object: Fields) => Value): Promise<void> => {
    const file = join(folder, path);
    const object = fields(parse(await readFile(file, 'utf8')) as Value);
    await writeFile(file, JSON.stringify(change(object)));
  };
  await edit('Chart.yaml', (chart) => ({ ...chart, version: '0.0.9' }));
  await edit('files/crds/imagestreams.yaml', (crd) => {
    const spec = fields(crd.spec);
    const version = fields(at(spec, 'versions.0'));
    const columns = list(version.additionalPrinterColumns).filter(
      (column) => fields(column).name !== 'Import Failure',
    );
    return { ...crd, spec: { ...spec, versions: [{ ...version, additionalPrinterColumns: columns }] } };
  });
  return { folder, remove: () => rm(folder, { recursive: true, force: true }) };
}
