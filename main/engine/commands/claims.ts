import { person } from '../bench.ts';
import { heldBy } from '../claims/start.ts';
import type { Handlers } from './handler.ts';

export const claimsHandlers: Handlers<'claim.take' | 'claim.give'> = {
  'claim.take': async (call, { collection, docId, takeOver }) => {
    const { bench, context } = call;
    const other = bench.claims.elsewhere(collection, docId);
    if (other !== undefined && !takeOver) throw heldBy(bench, other, 'This');
    const who = person(call);
    bench.claims.take(collection, docId, { id: who.id, name: who.name }, takeOver);
    if (other !== undefined) {
      const { station, personId } = other;
      bench.store.note(context, 'claim taken over', { collection, docId, from: station, by: personId });
    }
    return null;
  },

  'claim.give': async ({ bench }, { collection, docId }) => {
    bench.claims.give(collection, docId);
    return null;
  },
};
