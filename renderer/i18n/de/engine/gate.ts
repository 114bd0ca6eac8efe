/** Was eine Kontrolle neben ihrem Zustand sagt. */
export default {
  at: '{{rules}} bei {{name}}',
  notMeasured: '{{name}} nicht gemessen',
  overdue: '{{name}} überfällig',
  pastDate: '{{name}} nach Verfall gemessen',
  noJudging: '{{name}} nicht zu beurteilen',
};
