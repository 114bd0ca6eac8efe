/** Wörter der Schritte der Verbindungsprüfung: was jeder Ausgang heißt, und was zu tun ist. */
export default {
  all: {
    stopped: { means: 'Die Prüfung wurde angehalten.', do: 'Neu prüfen, wenn alles bereit ist.' },
    noAnswer: {
      means: 'Keine Antwort kam ({{fault}}).',
      do: 'Fragen, ob der Server läuft und diesen Rechner einlässt, dann neu prüfen.',
    },
  },
  address: {
    title: 'Adresse',
    ok: { means: '{{host}}, Port {{port}}, verschlüsselt.' },
    here: { means: '{{host}}, Port {{port}}, auf diesem Rechner.' },
    plain: {
      means: 'http:// ist nicht verschlüsselt: Namen und Ergebnisse sind unterwegs lesbar.',
      do: 'Nur in einem geschlossenen Netz nehmen. Nach einer https://-Adresse fragen.',
    },
    notUrl: {
      means: 'Das ist keine Webadresse.',
      do: 'Sie beginnt mit https:// und nennt den Server, zum Beispiel https://fhir.hospital.example/R4.',
    },
    credentials: {
      means: 'Benutzername oder Kennwort stehen in der Adresse. Adressen werden in Protokolle geschrieben.',
      do: 'Herausnehmen und unten „Benutzer und Kennwort“ wählen.',
    },
    query: {
      means: 'In der Adresse steht ein Fragezeichen oder ein #.',
      do: 'Nur die Basisadresse angeben.',
    },
  },
  name: {
    title: 'Name',
    ok: { means: '{{host}} ist {{addresses}}.' },
    isAddress: { means: 'Die Adresse ist eine Zahl: kein Name ist zu finden.' },
    notFound: {
      means: 'Niemand kennt den Namen {{host}}.',
      do: 'Die Schreibweise prüfen. Stimmt sie, kennt ihn dieses Netz nicht: nach dem Namensserver des Krankenhausnetzes fragen, oder ob ein VPN nötig ist.',
    },
    noResolver: {
      means: 'Der Namensserver antwortet nicht ({{fault}}).',
      do: 'Netzwerkkabel und Netzwerkeinstellungen dieses Rechners prüfen.',
    },
  },
  connect: {
    title: 'Verbindung',
    ok: { means: '{{host}} antwortet auf Port {{port}} nach {{ms}} ms.' },
    refused: {
      means: 'Der Rechner {{host}} ist da, aber auf Port {{port}} hört nichts.',
      do: 'Den Port prüfen. Stimmt er, läuft das Serverprogramm nicht.',
    },
    timeout: {
      means: '{{host}} antwortet nicht auf Port {{port}}.',
      do: 'Eine Firewall verwirft solche Verbindungen still: fragen, ob Port {{port}} von diesem Rechner aus offen ist.',
    },
    unreachable: {
      means: 'Im Netz führt kein Weg zu {{host}} ({{fault}}).',
      do: 'Das Netzwerkkabel prüfen, und ob dieser Rechner im richtigen Netz ist.',
    },
    reset: {
      means: 'Die Verbindung zu {{host}} wurde sofort getrennt.',
      do: 'Das tut eine Firewall oder ein Proxy dazwischen. Die Netzbetreuung fragen.',
    },
  },
  tls: {
    title: 'Zertifikat',
    none: { means: 'http:// hat keines.' },
    ok: { means: 'Von {{issuer}} für {{names}}, gültig bis {{until}} ({{protocol}}).' },
    soon: {
      means: 'Von {{issuer}}, gültig bis {{until}}: {{days}} Tage.',
      do: 'Den Betreuer des Servers bitten, es rechtzeitig zu erneuern. Nach diesem Tag wird nichts gesendet; nichts geht verloren.',
    },
    expired: {
      means: 'Das Zertifikat ist am {{until}} abgelaufen. Die Uhr dieses Rechners sagt {{now}}.',
      do: 'Stimmt die Uhr, muss der Betreuer des Servers das Zertifikat erneuern. So wird es nie angenommen: niemand wüsste, wer antwortet.',
    },
    notYet: {
      means: 'Das Zertifikat gilt erst ab {{from}}. Die Uhr dieses Rechners sagt {{now}}.',
      do: 'Zuerst die Uhr dieses Rechners prüfen: wahrscheinlich geht sie nach.',
    },
    otherName: {
      means: 'Das Zertifikat gilt für {{names}}, nicht für {{host}}.',
      do: 'Den Namen, für den es gilt, in die Adresse setzen, oder nach einem Zertifikat für {{host}} fragen.',
    },
    unknownCa: {
      means: 'Das Zertifikat ist von {{issuer}} unterschrieben, und diese Stelle kennt der Rechner nicht.',
      do: 'Ist das die Stelle des eigenen Krankenhauses, ihr Zertifikat links unter „Eigene Zertifizierungsstelle“ einfügen. Ist der Name unbekannt, nicht: es könnte jemand dazwischenstehen.',
    },
    selfSigned: {
      means: 'Der Server hat sein Zertifikat selbst unterschrieben ({{names}}).',
      do: 'Nach einem Zertifikat der Stelle des Krankenhauses fragen. Soll diesem vertraut werden, es unter „Eigene Zertifizierungsstelle“ einfügen.',
    },
    notTrusted: {
      means: 'Dem Zertifikat wird nicht vertraut ({{fault}}).',
      do: 'Dem Betreuer des Servers dieses Wort nennen. Nichts wurde gesendet.',
    },
    noTls: {
      means: 'Auf diesem Port spricht der Server kein TLS.',
      do: 'Den Port prüfen; für http:// ist es in der Regel ein anderer.',
    },
    broken: {
      means: 'Die verschlüsselte Verbindung kam nicht zustande ({{fault}}).',
      do: 'Den Betreuer des Servers fragen, welche TLS-Versionen er nimmt; diese Station nimmt 1.2 und 1.3.',
    },
  },
  fhir: {
    title: 'FHIR R4',
    ok: { means: '{{software}}, FHIR {{version}}.' },
    locked: {
      means: 'Was er kann, sagt er nur Angemeldeten ({{status}}). Danach wird nachgesehen.',
    },
    moved: {
      means: 'Der Server verweist auf {{to}}.',
      do: 'Diese Adresse eintragen, wenn sie die richtige ist.',
    },
    notFound: {
      means: 'An dieser Adresse antwortet nichts auf metadata ({{status}}).',
      do: 'Die Basisadresse ist nicht vollständig: viele Server haben /fhir, /R4 oder /fhir/R4 am Ende.',
    },
    serverError: {
      means: 'Der Server hat selbst einen Fehler ({{status}}).',
      do: 'Sein Betreuer sieht mehr in dessen Protokoll. Später neu prüfen.',
    },
    page: {
      means: 'Eine Webseite antwortet, kein FHIR-Server.',
      do: 'Das kann die Anmeldeseite eines Proxys sein. Die Adresse prüfen; ein Rechner des Labors soll den Server ohne Browser erreichen.',
    },
    notFhir: {
      means: 'Was antwortet, ist kein FHIR-Server ({{status}}, {{type}}).',
      do: 'Die Adresse mit dem Betreuer des Servers prüfen.',
    },
    noVersion: {
      means: 'Er sagt nicht, welche FHIR-Version er spricht.',
      do: 'Nach der Adresse seiner R4-Schnittstelle fragen.',
    },
    wrongVersion: {
      means: 'Er spricht FHIR {{version}}. Diese Station spricht R4 (4.0).',
      do: 'Viele Server haben je Version eine Adresse: nach der für R4 fragen. Ergebnisse in anderer Version würden falsch gelesen.',
    },
    falseVersion: {
      means: 'Er sagt FHIR {{version}}, hat aber {{sign}}, was es in R4 nicht gibt.',
      do: 'Er ist von anderer Version, als er sagt. Den Betreuer fragen; Ergebnisse in anderer Version würden falsch gelesen.',
    },
  },
  auth: {
    title: 'Anmeldung',
    none: { means: 'Der Server verlangt nichts.' },
    ok: { means: 'Der Server lässt diese Station ein.' },
    token: { means: '{{tokenUrl}} gibt Token für {{minutes}} min; sie werden rechtzeitig erneuert.' },
    needed: {
      means: 'Der Server will wissen, wer fragt ({{status}}).',
      do: 'Links wählen, wie sich diese Station anmeldet; der Betreuer des Servers weiß es.',
    },
    notAccepted: {
      means: 'Ein Token wurde gegeben, der Server nimmt es aber nicht an ({{status}}).',
      do: 'Token-Server und Server gehören nicht zusammen, oder das Token ist für jemand anderen bestimmt. Den Betreuer beider fragen.',
    },
    wrongPassword: {
      means: 'Benutzer oder Kennwort werden nicht angenommen.',
      do: 'Beides neu eingeben.',
    },
    wrongToken: {
      means: 'Das Token wird nicht angenommen.',
      do: 'Vielleicht ist es abgelaufen: nach einem neuen fragen.',
    },
    badClient: {
      means: 'Der Token-Server nimmt diesen Client oder sein Geheimnis nicht an ({{status}}).',
      do: 'Die Client-Kennung prüfen und das Geheimnis neu eingeben; vielleicht wurde es erneuert.',
    },
    refused: {
      means: 'Der Token-Server verweigert ({{status}}).',
      do: 'Seine Worte unten sagen, warum. Der Client braucht das Recht „client credentials“.',
    },
    badScope: {
      means: 'Der Token-Server gewährt diesem Client diesen Scope nicht.',
      do: 'Fragen, welchen er gewährt; diese Station muss system/* lesen und schreiben.',
    },
    clockAhead: {
      means:
        'Die Uhr dieses Rechners geht gegen die des Token-Servers {{seconds}} s vor. Was hier unterschrieben wird, sieht aus, als käme es aus der Zukunft.',
      do: 'Die Uhr dieses Rechners stellen (Netzwerkzeit).',
    },
    clockBehind: {
      means:
        'Die Uhr dieses Rechners geht gegen die des Token-Servers {{seconds}} s nach. Was hier unterschrieben wird, ist bei der Ankunft abgelaufen.',
      do: 'Die Uhr dieses Rechners stellen (Netzwerkzeit).',
    },
    key: {
      means: '{{what}}',
      do: 'Einen RSA-Schlüssel mit mindestens 2048 Bit oder einen EC-Schlüssel auf P-384 einfügen.',
    },
    noToken: {
      means: 'Der Token-Server antwortet {{status}}, ohne Token.',
      do: 'Die Token-Adresse prüfen; oft endet sie auf /token.',
    },
    noEndpoint: {
      means: 'Der Server sagt nicht, wo sein Token-Server ist.',
      do: 'Die Token-Adresse von Hand eingeben.',
    },
    tokenTls: {
      means: 'Dem Zertifikat des Token-Servers {{tokenUrl}} wird nicht vertraut ({{fault}}).',
      do: 'Wie beim Server: erneuern, oder der Stelle vertrauen, die es unterschrieben hat.',
    },
    tokenAway: {
      means: 'Der Token-Server {{tokenUrl}} antwortet nicht ({{fault}}).',
      do: 'Seine Adresse prüfen, und ob dieser Rechner ihn erreichen darf.',
    },
  },
  scope: {
    title: 'Rechte',
    ok: {
      means:
        'Alle {{count}} Arten von Datensätzen dürfen gelesen und geschrieben werden. Lesen wurde versucht.',
    },
    stated: {
      means:
        'Alle {{count}} Arten dürfen gelesen werden, und geschrieben, wie der Server sagt. Lesen wurde versucht, Schreiben nicht.',
    },
    missing: {
      means: 'Diese Station darf nicht alles, was sie muss: {{kinds}}.',
      do: 'Um das Recht bitten, diese Arten zu lesen und zu schreiben (Scope system/*.*). Bis dahin werden solche Datensätze abgewiesen und warten hier; nichts geht verloren.',
    },
    catalog: {
      means: 'Der Katalog darf nicht geschrieben werden: {{kinds}}.',
      do: 'Gut, wo der Katalog am Server geführt wird. Änderungen von hier würden abgewiesen.',
    },
  },
  can: {
    title: 'Fähigkeiten',
    ok: { means: 'Er kann alles, was diese Station nutzt.' },
    instead: { means: 'Nicht alles, und das geschieht stattdessen. Nichts geht dadurch verloren.' },
  },
  clock: {
    title: 'Uhren',
    ok: { means: 'Beide Uhren stimmen auf {{seconds}} s überein.' },
    behind: {
      means: 'Dieser Rechner geht gegen den Server {{seconds}} s nach.',
      do: 'Ergebnisse tragen die Zeit dieses Rechners: seine Uhr nach der Netzwerkzeit stellen.',
    },
    ahead: {
      means: 'Dieser Rechner geht gegen den Server {{seconds}} s vor.',
      do: 'Ergebnisse tragen die Zeit dieses Rechners: seine Uhr nach der Netzwerkzeit stellen.',
    },
    farBehind: {
      means: 'Dieser Rechner geht gegen den Server {{apart}} nach: hier {{here}}, dort {{there}}.',
      do: 'Herausfinden, welche der beiden falsch geht, und sie stellen. Zeiten an Ergebnissen und Unterschriften kommen von diesem Rechner.',
    },
    farAhead: {
      means: 'Dieser Rechner geht gegen den Server {{apart}} vor: hier {{here}}, dort {{there}}.',
      do: 'Herausfinden, welche der beiden falsch geht, und sie stellen. Zeiten an Ergebnissen und Unterschriften kommen von diesem Rechner.',
    },
    notTold: { means: 'Der Server nennt seine Zeit nicht.' },
  },
  write: {
    title: 'Schreiben',
    notAsked: { means: 'Nicht verlangt: nichts wurde geschrieben.' },
    ok: { means: 'Ein Datensatz wurde geschrieben, gleich zurückgelesen und entfernt.' },
    refused: {
      means: 'Schreiben wird verweigert ({{status}}).',
      do: 'Um das Recht zu schreiben bitten. Lesen allein genügt nicht: Ergebnisse würden hier warten.',
    },
    noId: {
      means: 'Es wurde geschrieben, aber der Server sagt nicht, wohin.',
      do: 'Den Betreuer des Servers fragen: er muss mit der Kennung oder einer Location antworten.',
    },
    changed: {
      means: 'Zurückgelesen wurde nicht, was geschrieben wurde (Device/{{id}}).',
      do: 'Diesen Server nicht nehmen, bevor sein Betreuer das erklärt hat.',
    },
    notRead: {
      means: 'Es wurde geschrieben, lässt sich aber nicht zurücklesen ({{status}}).',
      do: 'Um das Recht bitten, zu lesen, was diese Station schreibt.',
    },
    stays: {
      means:
        'Es wurde geschrieben und zurückgelesen, darf aber nicht gelöscht werden ({{status}}): Device/{{id}} bleibt dort.',
      do: 'Es ist stillgelegt und schadet nicht. Die nächste Prüfung nimmt dasselbe.',
    },
  },
};
