import type { CommandArgs, CommandName, CommandResult } from '../../../shared/ipc/contract.ts';
import type { Call } from '../bench.ts';

/** Carries out one command, already parsed and authorised. What it throws is shown; then nothing was written. */
export type Handler<N extends CommandName> = (call: Call, args: CommandArgs<N>) => Promise<CommandResult<N>>;

/** A group of handlers: keeps each typed by its name. */
export type Handlers<N extends CommandName> = { [K in N]: Handler<K> };
