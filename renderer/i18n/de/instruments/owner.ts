/** Wörter der Geräte, die mehrere Stationen im Wechsel haben. */
export default {
  at: 'An {{station}}',
  free: 'Abgegeben',
  keys: { give: 'Abgeben', take: 'Nehmen', takeOver: 'Übernehmen' },
  given: '{{name}} ist abgegeben. Die Leitung ist hier zu.',
  taken: '{{name}} ist jetzt an dieser Station.',
  notHere: '{{name}} ist nicht an dieser Station.',
  askThere: '{{name}} ist an {{station}} in Gebrauch. Dort wird es abgegeben.',
  takeOverRole: '{{station}} ist weg. Leitende MTL oder Leitung übernimmt {{name}}.',
  giveTitle: '{{name}} abgeben?',
  giveText:
    'Die Leitung wird hier geschlossen, sobald die laufende Nachricht da ist. Wer zuerst nimmt, hat es: {{others}} oder wieder diese Station.',
  takeOverTitle: '{{name}} von {{station}} übernehmen?',
  takeOverText: '{{station}} hat es nicht abgegeben und war seit einigen Minuten nicht zu hören.',
  takeOverOffline:
    'Der Server antwortet nicht; ob {{station}} damit arbeitet, weiß hier niemand. Fragen Sie erst dort.',
  warning: 'Dann können zwei Stationen mit einem Gerät verbunden sein.',
  warningNext:
    '{{station}} schließt die Leitung, sobald es vom Server davon hört. Sorgen Sie bis dahin dafür, dass {{name}} nur hier verbunden ist. Was beide empfangen, zählt einmal.',
  banner: '{{name}} ist an {{station}}, seit {{since}}.',
  bannerBy: '{{name}} ist an {{station}}, seit {{since}}, genommen von {{by}}.',
  bannerFree: '{{name}} wurde an {{station}} von {{by}} abgegeben, {{since}}.',
  bannerNext: 'Die Leitung ist dort offen und hier zu. Ergebnisse kommen von dort.',
  bannerFreeNext: 'Keine Station hat es jetzt. F9 nimmt es.',
  bannerAway:
    '{{station}} war seit einigen Minuten nicht zu hören. Leitende MTL oder Leitung können es mit F9 übernehmen.',
  bannerOffline: 'Der Server antwortet nicht: ob {{station}} damit arbeitet, ist hier nicht bekannt.',
  bannerTaken: 'Es wurde von {{from}} übernommen: {{reason}}.',
};
