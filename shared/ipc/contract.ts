import type { z } from 'zod';
import { accessCommands, accessQueries } from './access.ts';
import { accessionCommands, accessionQueries } from './accession.ts';
import { adminCommands, adminQueries } from './admin.ts';
import { claimsCommands, claimsQueries } from './claims.ts';
import { eqaCommands, eqaQueries } from './eqa.ts';
import { indicatorCommands, indicatorQueries } from './indicators.ts';
import { instrumentsCommands, instrumentsQueries } from './instruments.ts';
import { qcCommands, qcQueries } from './qc.ts';
import { qcPlanCommands, qcPlanQueries } from './qc-plan.ts';
import { resultsCommands, resultsQueries } from './results.ts';
import { serverCommands, serverQueries } from './server.ts';
import { signoutCommands, signoutQueries } from './signout.ts';
import type { CommandSpec, QuerySpec } from './spec.ts';
import { stripQueries } from './strip.ts';
import { syncCommands, syncQueries } from './sync.ts';
import { toolsCommands, toolsQueries } from './tools.ts';

/** Everything a window may do. Arguments are parsed and permission is checked on the engine's side. */
export const commands = {
  ...accessCommands,
  ...accessionCommands,
  ...resultsCommands,
  ...signoutCommands,
  ...instrumentsCommands,
  ...toolsCommands,
  ...qcCommands,
  ...qcPlanCommands,
  ...indicatorCommands,
  ...eqaCommands,
  ...syncCommands,
  ...serverCommands,
  ...claimsCommands,
  ...adminCommands,
} as const;

/** Everything a window may watch. */
export const queries = {
  ...accessQueries,
  ...stripQueries,
  ...accessionQueries,
  ...resultsQueries,
  ...signoutQueries,
  ...instrumentsQueries,
  ...toolsQueries,
  ...qcQueries,
  ...qcPlanQueries,
  ...indicatorQueries,
  ...eqaQueries,
  ...syncQueries,
  ...serverQueries,
  ...claimsQueries,
  ...adminQueries,
} as const;

export type CommandName = keyof typeof commands;
export type QueryName = keyof typeof queries;
/** Arguments as the window gives them (defaults may be left out). */
export type CommandInput<N extends CommandName> = z.input<(typeof commands)[N]['args']>;
/** Arguments as the engine sees them after parsing. */
export type CommandArgs<N extends CommandName> = z.output<(typeof commands)[N]['args']>;
export type CommandResult<N extends CommandName> =
  (typeof commands)[N] extends CommandSpec<z.ZodType, infer R> ? R : never;
export type QueryInput<N extends QueryName> = z.input<(typeof queries)[N]['args']>;
export type QueryArgs<N extends QueryName> = z.output<(typeof queries)[N]['args']>;
export type QueryRow<N extends QueryName> =
  (typeof queries)[N] extends QuerySpec<z.ZodType, infer Row> ? Row : never;
