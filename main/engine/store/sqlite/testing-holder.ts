import { openTest } from './testing.ts';

/** Child process of a test: opens the data directory in argv and holds it until it is killed. */
openTest(process.argv[2] as string);
process.send?.('open');
setInterval(() => undefined, 1000);
