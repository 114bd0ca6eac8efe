import './preview.css';
import { MantineProvider } from '@mantine/core';
import {
  IconBook2,
  IconChartDots3,
  IconListCheck,
  IconPhoneCall,
  IconRefresh,
  IconScan,
  IconServer,
  IconSettings,
  IconSignature,
  IconTestPipe,
} from '@tabler/icons-react';
import { App } from '../app/App.tsx';
import { goTo } from '../app/navigation.ts';
import type { ScreenDefinition, ScreenId } from '../app/screen.ts';
import { start } from '../app/start.tsx';
import { mantineTheme, themeStore, useTheme } from '../app/theme.ts';
import { FakeEngine } from '../data/fake.ts';
import { people, session, strip } from './fixtures.ts';
import { ResultsPreview } from './ResultsPreview.tsx';
import { StatesPreview } from './StatesPreview.tsx';

const Blank = () => null;
const place = (id: ScreenId, icon: ScreenDefinition['icon'], count = 0): ScreenDefinition => ({
  id,
  icon,
  badge: () => count,
  Screen: id === 'results' ? ResultsPreview : Blank,
});
const screens = [
  place('accession', IconScan),
  place('worklists', IconListCheck, 4),
  place('results', IconTestPipe, 22),
  place('qc', IconChartDots3, 1),
  place('signout', IconSignature, 7),
  place('instruments', IconServer, 4),
  place('tasks', IconPhoneCall, 2),
  place('catalogue', IconBook2),
  place('sync', IconRefresh),
  place('admin', IconSettings),
];

const wanted = new URLSearchParams(location.search);
const state = wanted.get('state');
themeStore.setState({ theme: wanted.get('theme') === 'dark' ? 'dark' : 'light' });
goTo('results');

const engine = new FakeEngine()
  .rows('strip', [strip])
  .rows('access.lockPeople', people)
  .rows('search', [
    {
      id: '1',
      kind: 'patient',
      title: 'KORELL, Anna',
      subtitle: 'F · 52 y · MRN 3907 1164',
      target: '39071164',
    },
  ])
  .rows('session', [
    state === 'firstRun' || state === 'out' || state === 'locked'
      ? { ...session, state, person: state === 'locked' ? session.person : null }
      : session,
  ])
  .answer('access.lock', () => {
    engine.rows('session', [{ ...session, state: 'locked' }]);
    return null;
  })
  .answer('access.signIn', () => {
    engine.rows('session', [session]);
    return { personId: 'p1' };
  });

function Sheet() {
  const { shown } = useTheme();
  return (
    <MantineProvider theme={mantineTheme} forceColorScheme={shown}>
      <StatesPreview />
    </MantineProvider>
  );
}

start(engine, wanted.get('page') === 'states' ? <Sheet /> : <App screens={screens} />);
