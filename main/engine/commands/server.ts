import type { Handlers } from './handler.ts';

export const serverHandlers: Handlers<'server.test' | 'server.stopTest' | 'server.save'> = {
  'server.test': async ({ bench, context }, { settings, write }) => {
    bench.store.note(context, 'server tested', { url: settings.url, write });
    await bench.setup.test(settings, write);
    return null;
  },
  'server.stopTest': async ({ bench }) => {
    bench.setup.stopTest();
    return null;
  },
  'server.save': async ({ bench, context }, { settings, another }) =>
    bench.setup.save(settings, another, context),
};
