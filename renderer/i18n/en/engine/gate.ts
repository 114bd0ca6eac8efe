/** What a control says, beside its state. */
export default {
  at: '{{rules}} at {{name}}',
  notMeasured: '{{name}} not measured',
  overdue: '{{name}} overdue',
  pastDate: '{{name}} measured past its date',
  noJudging: '{{name}} cannot be evaluated',
};
