import type { Handlers } from './handler.ts';

export const adminHandlers: Handlers<'audit.verify'> = {
  'audit.verify': async ({ bench, context }) => {
    const report = await bench.store.verifyAudit();
    bench.store.note(context, 'audit verified', { ok: report.ok, rows: report.rows });
    return { ok: report.ok, rows: report.rows, problems: report.problems.slice(0, 50) };
  },
};
