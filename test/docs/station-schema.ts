import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { z } from 'zod';
import { projectRoot } from '../../build/paths.ts';
import { Station } from '../../shared/station/schema.ts';

/** Where editors find the station file's JSON Schema. */
export const SCHEMA_FILE = join(projectRoot, 'docs', 'station.schema.json');

/** The station file's JSON Schema, as text: what a person writes, so fields with a default are optional. */
export function stationSchemaText(): string {
  const { $schema, ...schema } = z.toJSONSchema(Station, { io: 'input' });
  return `${JSON.stringify({ $schema, title: 'Levey station file', ...schema }, null, 2)}\n`;
}

/** `npx node test/docs/station-schema.ts` writes the file anew after a change of shared/station/schema.ts. */
if (import.meta.main) writeFileSync(SCHEMA_FILE, stationSchemaText());
