/**
 * One step of the documents' form, from `version - 1` to `version` of the data file. Pure and repeatable: applied to every stored document of every
 * collection in one transaction before the engine uses them. Give the document back unchanged where nothing is to be done.
 */
export interface DocumentMigration {
  /** The file version it leads to; the first form is 1, so the first migration is 2. */
  version: number;
  /** File name of the migration, for messages. */
  name: string;
  migrate(collection: string, document: Readonly<Record<string, unknown>>): Record<string, unknown>;
}
