/** Words of analysers that several stations have in turn. */
export default {
  at: 'At {{station}}',
  free: 'Given over',
  keys: { give: 'Give over', take: 'Take', takeOver: 'Take over' },
  given: '{{name}} is given over. Its line is closed here.',
  taken: '{{name}} is at this station now.',
  notHere: '{{name}} is not at this station.',
  askThere: '{{name}} is in use at {{station}}. It is given over there.',
  takeOverRole: '{{station}} is away. A lead technologist or a supervisor takes {{name}} over.',
  giveTitle: 'Give {{name}} over?',
  giveText:
    'Its line is closed here once the message under way is done. Whoever takes it first has it: {{others}}, or this station again.',
  takeOverTitle: 'Take {{name}} over from {{station}}?',
  takeOverText: '{{station}} did not give it over and has not been heard of for some minutes.',
  takeOverOffline:
    'The server does not answer, so nobody can say here whether {{station}} is working with it. Ask there first.',
  warning: 'Two stations may then be connected to one device.',
  warningNext:
    '{{station}} closes its line when it hears of this from the server. Until then see to it that {{name}} is connected here only. What both receive counts once.',
  banner: '{{name}} is at {{station}} since {{since}}.',
  bannerBy: '{{name}} is at {{station}} since {{since}}, taken by {{by}}.',
  bannerFree: '{{name}} was given over at {{station}} by {{by}}, {{since}}.',
  bannerNext: 'Its line is open there and closed here. Results of it come from there.',
  bannerFreeNext: 'No station has it now. F9 takes it.',
  bannerAway:
    '{{station}} has not been heard of for some minutes. A lead or supervisor can take it over with F9.',
  bannerOffline: 'The server does not answer: whether {{station}} is working with it is not known here.',
  bannerTaken: 'It was taken over from {{from}}: {{reason}}.',
};
