import { useTranslation } from 'react-i18next';
import type { CaseDetailRow } from '../../../shared/ipc/signout.ts';
import { type ScreenKey, useScreenKeys } from '../../app/keys.ts';

/** A question over the screen: why it is sent back, why it is corrected, who was called. */
export type Asking = 'sendBack' | 'amend' | 'call';

export interface CaseActs {
  detail: CaseDetailRow | undefined;
  /** The person may sign, conclude and send back. */
  may: boolean;
  /** The version on screen is the newest one. */
  newest: boolean;
  /** Why it cannot be signed. */
  why: string | undefined;
  /** The report changed while it was read: F8 says that it was read again. */
  changed: boolean;
  /** A critical call is not recorded. */
  due: boolean;
  conclude: () => void;
  ask: (what: Asking) => void;
  /** Esc: no longer from PIN to PIN. */
  leave: () => void;
  find: () => void;
  sign: () => void;
  /** 1: to the older version, -1: to the newer one. */
  turn: (by: 1 | -1) => void;
  preview: () => void;
  save: () => void;
  /** px, down is positive. */
  scroll: (by: number) => void;
}

/** px per Page key. */
const PAGE = 400;

/** The keys of a case. What cannot act says why. */
export function useCaseKeys(acts: CaseActs): void {
  const { t } = useTranslation('signout');
  const { detail } = acts;
  const unsigned = detail !== undefined && detail.signature === null;
  const nobody = detail === undefined ? t('noCase') : acts.may ? undefined : t('needsPathologist');
  const replaced = detail !== undefined && !unsigned && !acts.newest ? t('replacedByNewer') : undefined;
  const noBack =
    detail?.state === 'signed'
      ? t('alreadySigned')
      : detail?.state === 'sentBack'
        ? t('alreadySentBack')
        : undefined;
  const call: ScreenKey[] = acts.due
    ? [{ key: 'F10', label: t('keys.call'), run: () => acts.ask('call') }]
    : [];
  useScreenKeys([
    {
      key: 'F2',
      label: t(unsigned || detail === undefined ? 'keys.conclusion' : 'keys.correct'),
      run: () => (unsigned ? acts.conclude() : acts.ask('amend')),
      disabledReason: nobody ?? replaced,
    },
    { key: 'Escape', label: t('keys.leave'), run: acts.leave, palette: false, strip: false },
    { key: 'F3', label: t('keys.find'), run: acts.find, icon: 'find', strip: false },
    {
      key: 'F7',
      label: t('keys.sendBack'),
      run: () => acts.ask('sendBack'),
      disabledReason: nobody ?? noBack,
    },
    {
      key: 'F8',
      label: t(acts.changed ? 'keys.readAgain' : 'keys.sign'),
      run: acts.sign,
      primary: true,
      disabledReason: acts.changed ? undefined : acts.why,
      ...(detail === undefined ? {} : { detail: detail.title }),
    },
    {
      key: 'F9',
      label: t('keys.print'),
      run: acts.preview,
      disabledReason: detail === undefined ? t('noCase') : undefined,
      icon: 'print',
    },
    ...call,
    {
      key: '[',
      label: t('keys.versions'),
      caps: ['[', ']'],
      run: () => acts.turn(1),
      disabledReason: (detail?.versions.length ?? 0) < 2 ? t('oneVersion') : undefined,
      palette: false,
      group: 3,
    },
    { key: ']', label: t('keys.newer'), run: () => acts.turn(-1), palette: false, strip: false },
    { key: 'PageDown', label: t('keys.down'), run: () => acts.scroll(PAGE), palette: false, strip: false },
    { key: 'PageUp', label: t('keys.up'), run: () => acts.scroll(-PAGE), palette: false, strip: false },
    {
      key: 'Ctrl+S',
      label: t('keys.save'),
      run: acts.save,
      disabledReason: detail === undefined ? t('noCase') : undefined,
      icon: 'print',
      strip: false,
    },
  ]);
}
