import {
  createMemoryHistory,
  createRootRouteWithContext,
  createRoute,
  createRouter,
  Outlet,
  RouterProvider,
} from '@tanstack/react-router';
import { useEffect, useMemo } from 'react';
import { useTranslation } from 'react-i18next';
import { useStore } from 'zustand';
import { Button } from '../ui/Button.tsx';
import { Banner } from '../ui/Layout.tsx';
import { placeStore } from './navigation.ts';
import type { ScreenDefinition } from './screen.ts';

function makeRouter(screens: readonly ScreenDefinition[], first: string) {
  const root = createRootRouteWithContext()({ component: Outlet });
  const routes = screens.map(({ id, Screen }) =>
    createRoute({ getParentRoute: () => root, path: id, component: Screen }),
  );
  return createRouter({
    routeTree: root.addChildren(routes),
    defaultNotFoundComponent: Nothing,
    defaultErrorComponent: Broken,
    history: createMemoryHistory({ initialEntries: [`/${first}`] }),
  });
}

/** The open screen. The address is in memory only; {@link placeStore} says where to go. */
export function ScreenOutlet({ screens }: { screens: readonly ScreenDefinition[] }) {
  const wanted = useStore(placeStore, (place) => place.screen);
  const router = useMemo(() => makeRouter(screens, placeStore.getState().screen), [screens]);
  useEffect(() => {
    void router.navigate({ to: `/${wanted}` });
  }, [router, wanted]);
  return <RouterProvider router={router} />;
}

/** A screen failed while it was drawn: says so in its place; strips, rail and the other screens go on. */
function Broken({ reset }: { reset: () => void }) {
  const { t } = useTranslation('app');
  return (
    <Banner
      tone="crit"
      title={t('broken.title')}
      action={<Button onClick={reset}>{t('broken.again')}</Button>}
    >
      {t('broken.safe')}
    </Banner>
  );
}

/** Before any screen is there. */
function Nothing() {
  return null;
}
