import type { QueryName } from '../../../shared/ipc/contract.ts';
import { accessQueryHandlers } from './access.ts';
import { accessionQueryHandlers } from './accession.ts';
import { adminQueryHandlers } from './admin.ts';
import { claimsQueryHandlers } from './claims.ts';
import { eqaQueryHandlers } from './eqa.ts';
import type { QueryHandlers } from './handler.ts';
import { indicatorQueryHandlers } from './indicators.ts';
import { instrumentsQueryHandlers } from './instruments.ts';
import { qcQueryHandlers } from './qc.ts';
import { resultsQueryHandlers } from './results.ts';
import { serverQueryHandlers } from './server.ts';
import { signoutQueryHandlers } from './signout.ts';
import { stripQueryHandlers } from './strip.ts';
import { syncQueryHandlers } from './sync.ts';
import { toolsQueryHandlers } from './tools.ts';

/** Every live query of the contract and who answers it; a missing one does not compile. */
export const queryHandlers: QueryHandlers<QueryName> = {
  ...accessQueryHandlers,
  ...stripQueryHandlers,
  ...accessionQueryHandlers,
  ...resultsQueryHandlers,
  ...signoutQueryHandlers,
  ...instrumentsQueryHandlers,
  ...toolsQueryHandlers,
  ...qcQueryHandlers,
  ...indicatorQueryHandlers,
  ...eqaQueryHandlers,
  ...syncQueryHandlers,
  ...serverQueryHandlers,
  ...claimsQueryHandlers,
  ...adminQueryHandlers,
};
