import type { Hl7Profile } from '../../../../shared/profiles/profile.ts';
import {
  type AnswerRules,
  BENCH_TYPES,
  PROCESSING_IDS,
  VERSIONS,
} from '../../../../shared/protocols/mllp/answer.ts';

/** The type of a query in each way of asking for orders; it is answered by a message of its own. */
const QUERY_TYPE = { none: '', law: 'QBP', rsp: 'QBP', orm: 'ORM', qry: 'QRY' } as const;

/** What a profile takes and how it answers (M3, M4). Queries of a kind that the profile does not answer are rejected, not left waiting. */
export function mllpRules({ dialect }: Hl7Profile): AnswerRules {
  const query = QUERY_TYPE[dialect.query];
  return {
    acknowledge: dialect.acknowledge,
    supported: {
      types: BENCH_TYPES.filter((type) => (type !== 'QBP' && type !== 'QRY') || type === query),
      versions: VERSIONS,
      processingIds: PROCESSING_IDS,
    },
    responds: query === '' ? [] : [query],
  };
}
