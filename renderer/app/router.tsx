import {
  createMemoryHistory,
  createRootRouteWithContext,
  createRoute,
  createRouter,
  Outlet,
  RouterProvider,
} from '@tanstack/react-router';
import { useEffect, useMemo } from 'react';
import { useStore } from 'zustand';
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

/** Before any screen is there. */
function Nothing() {
  return null;
}
