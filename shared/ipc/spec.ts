import type { z } from 'zod';
import type { Role } from '../documents/person.ts';

/** Who may give a command: anyone (before sign-in), anyone signed in, or people with one of these roles. */
export type Allowed = 'anyone' | 'signedIn' | readonly Role[];

/** A command of the contract: its arguments are parsed and its permission checked in the engine, never in the window. */
export interface CommandSpec<A extends z.ZodType = z.ZodType, R = unknown> {
  args: A;
  allowed: Allowed;
  /** Type carrier only; never set. */
  result?: R;
}

/** A live query: an ordered list of rows with ids. A snapshot first, then {@link Delta}s. Singletons are a list of one row. */
export interface QuerySpec<A extends z.ZodType = z.ZodType, Row extends { id: string } = { id: string }> {
  args: A;
  allowed: Allowed;
  /** Type carrier only; never set. */
  row?: Row;
}

export const command =
  <R>() =>
  <A extends z.ZodType>(args: A, allowed: Allowed): CommandSpec<A, R> => ({ args, allowed });

export const query =
  <Row extends { id: string }>() =>
  <A extends z.ZodType>(args: A, allowed: Allowed): QuerySpec<A, Row> => ({ args, allowed });

/** What changed in a live query since the last message. `order` lists all ids when the order or the set changed. */
export interface Delta<Row> {
  put: Row[];
  order?: string[];
}
