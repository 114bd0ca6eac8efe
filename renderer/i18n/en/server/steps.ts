/** Words of the steps of the connection test: what each outcome means, and what to do. */
export default {
  all: {
    stopped: { means: 'The test was stopped.', do: 'Test again when you are ready.' },
    noAnswer: {
      means: 'No answer came ({{fault}}).',
      do: 'Ask whether the server is running and lets this computer in, then test again.',
    },
  },
  address: {
    title: 'Address',
    ok: { means: '{{host}}, port {{port}}, encrypted.' },
    here: { means: '{{host}}, port {{port}}, on this computer.' },
    plain: {
      means: 'http:// is not encrypted: names and results can be read on the way.',
      do: 'Use it in a closed network only. Ask for an https:// address.',
    },
    notUrl: {
      means: 'This is no web address.',
      do: 'It begins with https:// and names the server, for example https://fhir.hospital.example/R4.',
    },
    credentials: {
      means: 'A user name or password is part of the address. Addresses are written into logs.',
      do: 'Take it out and choose “User and password” below.',
    },
    query: { means: 'The address has a question mark or a # in it.', do: 'Give the base address alone.' },
  },
  name: {
    title: 'Name',
    ok: { means: '{{host}} is {{addresses}}.' },
    isAddress: { means: 'The address is a number: no name has to be found.' },
    notFound: {
      means: 'Nobody knows the name {{host}}.',
      do: 'Check its spelling. If it is right, the network here does not know it: ask for the name server of the hospital’s network, or whether a VPN is needed.',
    },
    noResolver: {
      means: 'The name server does not answer ({{fault}}).',
      do: 'Check the network cable and the network settings of this computer.',
    },
  },
  connect: {
    title: 'Connection',
    ok: { means: '{{host}} answers on port {{port}} after {{ms}} ms.' },
    refused: {
      means: 'The computer {{host}} is there, but nothing listens on port {{port}}.',
      do: 'Check the port. If it is right, the server program is not running.',
    },
    timeout: {
      means: '{{host}} does not answer on port {{port}}.',
      do: 'A firewall drops such connections silently: ask whether port {{port}} is open from this computer.',
    },
    unreachable: {
      means: 'There is no way to {{host}} in the network ({{fault}}).',
      do: 'Check the network cable, and whether this computer is in the right network.',
    },
    reset: {
      means: 'The connection to {{host}} was cut at once.',
      do: 'A firewall or proxy in between does this. Ask the network’s keeper.',
    },
  },
  tls: {
    title: 'Certificate',
    none: { means: 'http:// has none.' },
    ok: { means: 'Issued by {{issuer}} for {{names}}, valid until {{until}} ({{protocol}}).' },
    soon: {
      means: 'Issued by {{issuer}}, valid until {{until}}: {{days}} days.',
      do: 'Ask the server’s keeper to renew it in time. After that day nothing is sent; nothing is lost.',
    },
    expired: {
      means: 'The certificate expired on {{until}}. This computer’s clock says {{now}}.',
      do: 'If the clock is right, the server’s keeper has to renew the certificate. It is never accepted as it is: nobody could tell who answers.',
    },
    notYet: {
      means: 'The certificate is valid from {{from}} only. This computer’s clock says {{now}}.',
      do: 'Check the clock of this computer first: it is probably slow.',
    },
    otherName: {
      means: 'The certificate is for {{names}}, not for {{host}}.',
      do: 'Use the name it is for in the address, or ask for a certificate for {{host}}.',
    },
    unknownCa: {
      means: 'The certificate is signed by {{issuer}}, which this computer does not know.',
      do: 'If that is your hospital’s own authority, paste its certificate under “Own authority” at the left. If you do not know the name, do not: somebody may stand in between.',
    },
    selfSigned: {
      means: 'The server signed its certificate itself ({{names}}).',
      do: 'Ask for a certificate of your hospital’s authority. If this one is meant to be trusted, paste it under “Own authority”.',
    },
    notTrusted: {
      means: 'The certificate is not trusted ({{fault}}).',
      do: 'Give the server’s keeper this word. Nothing was sent.',
    },
    noTls: {
      means: 'The server does not speak TLS on this port.',
      do: 'Check the port; http:// is another one as a rule.',
    },
    broken: {
      means: 'The encrypted connection could not be made ({{fault}}).',
      do: 'Ask the server’s keeper which TLS versions it takes; this station takes 1.2 and 1.3.',
    },
  },
  fhir: {
    title: 'FHIR R4',
    ok: { means: '{{software}}, FHIR {{version}}.' },
    locked: {
      means: 'It says what it can only to those who are signed in ({{status}}). Looked at after that.',
    },
    moved: { means: 'The server sends on to {{to}}.', do: 'Put that address in, if it is the right one.' },
    notFound: {
      means: 'Nothing at this address answers to metadata ({{status}}).',
      do: 'The base address is not complete: many servers have /fhir, /R4 or /fhir/R4 at its end.',
    },
    serverError: {
      means: 'The server has a fault of its own ({{status}}).',
      do: 'Its keeper can see more in its log. Test again later.',
    },
    page: {
      means: 'A web page answers, not a FHIR server.',
      do: 'This may be the sign-in page of a proxy. Check the address; a computer of the laboratory is to reach the server without a browser.',
    },
    notFhir: {
      means: 'What answers is not a FHIR server ({{status}}, {{type}}).',
      do: 'Check the address with the server’s keeper.',
    },
    noVersion: {
      means: 'It does not say which FHIR version it speaks.',
      do: 'Ask for the address of its R4 interface.',
    },
    wrongVersion: {
      means: 'It speaks FHIR {{version}}. This station speaks R4 (4.0).',
      do: 'Many servers have one address per version: ask for the one of R4. Results in another version would be misread.',
    },
    falseVersion: {
      means: 'It says FHIR {{version}}, but has {{sign}}, which R4 does not have.',
      do: 'It is another version than it says. Ask its keeper; results in another version would be misread.',
    },
  },
  auth: {
    title: 'Signing in',
    none: { means: 'The server asks for nothing.' },
    ok: { means: 'The server lets this station in.' },
    token: { means: '{{tokenUrl}} gives tokens for {{minutes}} min; they are renewed in time.' },
    needed: {
      means: 'The server wants to know who asks ({{status}}).',
      do: 'Choose at the left how this station signs in; the server’s keeper knows the way.',
    },
    notAccepted: {
      means: 'A token was given, but the server does not accept it ({{status}}).',
      do: 'The token server and this server do not belong together, or the token is for another audience. Ask the keeper of both.',
    },
    wrongPassword: { means: 'User or password is not accepted.', do: 'Enter both again.' },
    wrongToken: { means: 'The token is not accepted.', do: 'It may have expired: ask for a new one.' },
    badClient: {
      means: 'The token server does not accept this client or its secret ({{status}}).',
      do: 'Check the client id, and enter the secret again; it may have been renewed.',
    },
    refused: {
      means: 'The token server refuses ({{status}}).',
      do: 'Its words below say why. The client must be allowed “client credentials”.',
    },
    badScope: {
      means: 'The token server does not grant this scope to this client.',
      do: 'Ask which scope it grants; this station needs to read and write system/*.',
    },
    clockAhead: {
      means:
        'This computer’s clock is {{seconds}} s ahead of the token server’s. What is signed here looks as if it came from the future.',
      do: 'Set the clock of this computer (network time).',
    },
    clockBehind: {
      means:
        'This computer’s clock is {{seconds}} s behind the token server’s. What is signed here has expired when it arrives.',
      do: 'Set the clock of this computer (network time).',
    },
    key: { means: '{{what}}', do: 'Paste an RSA key of at least 2048 bits or an EC key on P-384.' },
    noToken: {
      means: 'The token server answers {{status}}, without a token.',
      do: 'Check the token address; it often ends in /token.',
    },
    noEndpoint: {
      means: 'The server does not say where its token server is.',
      do: 'Enter the token address by hand.',
    },
    tokenTls: {
      means: 'The certificate of the token server {{tokenUrl}} is not trusted ({{fault}}).',
      do: 'As for the server: renew it, or trust the authority that signed it.',
    },
    tokenAway: {
      means: 'The token server {{tokenUrl}} does not answer ({{fault}}).',
      do: 'Check its address, and whether this computer may reach it.',
    },
  },
  scope: {
    title: 'Rights',
    ok: { means: 'All {{count}} kinds of records may be read and written. Reading was tried.' },
    stated: {
      means:
        'All {{count}} kinds may be read, and written as the server states. Reading was tried, writing was not.',
    },
    missing: {
      means: 'This station may not do all it has to: {{kinds}}.',
      do: 'Ask for rights to read and write these kinds (scope system/*.*). Until then such records are refused and wait here; nothing is lost.',
    },
    catalog: {
      means: 'The catalogue may not be written: {{kinds}}.',
      do: 'Fine where the catalogue is kept at the server. Changes made here would be refused.',
    },
  },
  can: {
    title: 'Abilities',
    ok: { means: 'It can do all this station uses.' },
    instead: { means: 'Not everything, and this is what is done instead. Nothing is lost by it.' },
  },
  clock: {
    title: 'Clocks',
    ok: { means: 'Both clocks agree within {{seconds}} s.' },
    behind: {
      means: 'This computer is {{seconds}} s behind the server.',
      do: 'Results carry this computer’s time: set its clock by network time.',
    },
    ahead: {
      means: 'This computer is {{seconds}} s ahead of the server.',
      do: 'Results carry this computer’s time: set its clock by network time.',
    },
    farBehind: {
      means: 'This computer is {{apart}} behind the server: here {{here}}, there {{there}}.',
      do: 'Find out which of the two is wrong and set it. Times on results and signatures come from this computer.',
    },
    farAhead: {
      means: 'This computer is {{apart}} ahead of the server: here {{here}}, there {{there}}.',
      do: 'Find out which of the two is wrong and set it. Times on results and signatures come from this computer.',
    },
    notTold: { means: 'The server does not tell its time.' },
  },
  write: {
    title: 'Writing',
    notAsked: { means: 'Not asked for: nothing was written.' },
    ok: { means: 'A record was written, read back the same, and taken away.' },
    refused: {
      means: 'Writing is refused ({{status}}).',
      do: 'Ask for the right to write. Reading alone is not enough: results would wait here.',
    },
    noId: {
      means: 'It was written, but the server does not say where.',
      do: 'Ask the server’s keeper: it has to answer with the id or a Location.',
    },
    changed: {
      means: 'What was read back is not what was written (Device/{{id}}).',
      do: 'Do not use this server before its keeper has explained it.',
    },
    notRead: {
      means: 'It was written, but cannot be read back ({{status}}).',
      do: 'Ask for the right to read what this station writes.',
    },
    stays: {
      means: 'It was written and read back, but may not be deleted ({{status}}): Device/{{id}} stays there.',
      do: 'It is inactive and harms nothing. The next test uses the same one.',
    },
  },
};
