import type { CommandName } from '../../../shared/ipc/contract.ts';
import { accessHandlers } from './access.ts';
import { accessionHandlers } from './accession.ts';
import { adminHandlers } from './admin.ts';
import { claimsHandlers } from './claims.ts';
import { eqaHandlers } from './eqa.ts';
import type { Handlers } from './handler.ts';
import { indicatorHandlers } from './indicators.ts';
import { instrumentsHandlers } from './instruments.ts';
import { ordersHandlers } from './orders.ts';
import { qcHandlers } from './qc.ts';
import { reportsHandlers } from './reports.ts';
import { resultsHandlers } from './results.ts';
import { serverHandlers } from './server.ts';
import { syncHandlers } from './sync.ts';
import { toolsHandlers } from './tools.ts';

/** Every command of the contract and who carries it out; a missing one does not compile. */
export const commandHandlers: Handlers<CommandName> = {
  ...accessHandlers,
  ...ordersHandlers,
  ...accessionHandlers,
  ...resultsHandlers,
  ...reportsHandlers,
  ...instrumentsHandlers,
  ...toolsHandlers,
  ...qcHandlers,
  ...indicatorHandlers,
  ...eqaHandlers,
  ...syncHandlers,
  ...serverHandlers,
  ...claimsHandlers,
  ...adminHandlers,
};
