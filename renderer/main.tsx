import { App } from './app/App.tsx';
import { screens } from './app/screens.ts';
import { start } from './app/start.tsx';
import { bridgeTransport } from './data/transport.ts';

if (window.levey === undefined) throw new Error('This page belongs into the Levey window.');
start(bridgeTransport(window.levey), <App screens={screens} bridge={window.levey.shell} />);
