import { CALL_WITHIN, putSetting } from '../settings.ts';
import type { Handlers } from './handler.ts';

export const adminHandlers: Handlers<'audit.verify' | 'admin.laboratory'> = {
  'audit.verify': async ({ bench, context }) => {
    const report = await bench.store.verifyAudit();
    bench.store.note(context, 'audit verified', { ok: report.ok, rows: report.auditRows });
    return {
      ok: report.ok,
      rows: report.auditRows,
      problems: report.faults.slice(0, 50).map((fault) => fault.text),
    };
  },

  'admin.laboratory': async ({ bench, context, at }, { name, address, callWithin }) => {
    await bench.store.write(context, async (unit) => {
      await putSetting(unit, at, 'laboratory', { name, address });
      if (callWithin !== undefined) await putSetting(unit, at, CALL_WITHIN, callWithin);
    });
    return null;
  },
};
