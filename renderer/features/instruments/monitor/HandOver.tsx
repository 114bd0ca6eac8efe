import type { TFunction } from 'i18next';
import { type ReactNode, useState } from 'react';
import { useTranslation } from 'react-i18next';
import type { Role } from '../../../../shared/documents/person.ts';
import type { PlainError } from '../../../../shared/errors.ts';
import type { LineOwnerRow, LineRow } from '../../../../shared/ipc/instruments.ts';
import type { ScreenKey } from '../../../app/keys.ts';
import { useNow } from '../../../app/useNow.ts';
import { command } from '../../../data/hooks.ts';
import { useFormat } from '../../../i18n/useFormat.ts';
import { announce } from '../../../ui/announce.ts';
import { FormDialog } from '../../../ui/FormDialog.tsx';
import { Banner } from '../../../ui/Layout.tsx';
import { ReasonField } from '../parts/ReasonField.tsx';
import { mayDecide, mayTakeOver } from '../rules.ts';

/** Where an analyser is, in a word: `at B2`, `given over`. */
export function placeOf(owner: LineOwnerRow | null, t: TFunction<'instruments'>): string {
  if (owner === null) return t('lineState.elsewhere');
  return owner.free ? t('owner.free') : t('owner.at', { station: owner.station });
}

/** What may be done about the owner of a line. */
type Act = 'give' | 'take' | 'takeOver';

function actOf(line: LineRow | undefined): Act | undefined {
  const owner = line?.owner ?? null;
  if (owner === null) return undefined;
  if (owner.here) return 'give';
  return owner.away && !owner.free ? 'takeOver' : 'take';
}

/** The key, the question and the doing of a hand-over between stations; nothing for an analyser that only this station has. */
export function useHandOver(
  line: LineRow | undefined,
  roles: readonly Role[],
  onError: (error: PlainError | undefined) => void,
): { keys: ScreenKey[]; dialog: ReactNode } {
  const { t } = useTranslation('instruments');
  const [asking, setAsking] = useState<{ act: Act; line: LineRow } | null>(null);
  const act = actOf(line);
  const owner = line?.owner ?? null;
  const close = (): void => setAsking(null);
  if (line === undefined || owner === null || act === undefined) return { keys: [], dialog: null };
  const names = { name: line.name, station: owner.station };
  const take = async (): Promise<void> => {
    const outcome = await command('line.take', { instrumentId: line.id });
    onError(outcome.ok ? undefined : outcome.error);
    if (outcome.ok) announce(t('owner.taken', names));
  };
  const why =
    act === 'takeOver'
      ? mayTakeOver(roles)
        ? undefined
        : t('owner.takeOverRole', names)
      : !mayDecide(roles)
        ? t('why.benchRole')
        : act === 'take' && !owner.free
          ? t('owner.askThere', names)
          : undefined;
  const key: ScreenKey = {
    key: 'F9',
    label: t(`owner.keys.${act}`),
    detail: line.name,
    run: () => (act === 'take' ? void take() : setAsking({ act, line })),
    disabledReason: why,
  };
  const dialog =
    asking === null ? null : asking.act === 'give' ? (
      <GiveDialog line={asking.line} onClose={close} />
    ) : (
      <TakeOverDialog line={asking.line} onClose={close} />
    );
  return { keys: [key], dialog };
}

function GiveDialog({ line, onClose }: { line: LineRow; onClose: () => void }) {
  const { t } = useTranslation('instruments');
  const others = (line.owner?.others ?? []).join(', ');
  const give = async () => {
    const outcome = await command('line.give', { instrumentId: line.id });
    if (!outcome.ok) return outcome.error;
    announce(t('owner.given', { name: line.name }));
    return undefined;
  };
  return (
    <FormDialog
      title={t('owner.giveTitle', { name: line.name })}
      text={t('owner.giveText', { others })}
      confirm={t('owner.keys.give')}
      onConfirm={give}
      onClose={onClose}
      buttonFirst
    />
  );
}

function TakeOverDialog({ line, onClose }: { line: LineRow; onClose: () => void }) {
  const { t } = useTranslation('instruments');
  const [reason, setReason] = useState('');
  const [tried, setTried] = useState(false);
  const { station = '', offline = false } = line.owner ?? {};
  const names = { name: line.name, station };
  const takeOver = async () => {
    setTried(true);
    if (reason.trim() === '') return 'stay';
    const outcome = await command('line.takeOver', { instrumentId: line.id, reason: reason.trim() });
    if (!outcome.ok) return outcome.error;
    announce(t('owner.taken', names));
    return undefined;
  };
  return (
    <FormDialog
      title={t('owner.takeOverTitle', names)}
      text={t(offline ? 'owner.takeOverOffline' : 'owner.takeOverText', names)}
      confirm={t('owner.keys.takeOver')}
      onConfirm={takeOver}
      onClose={onClose}
    >
      <Banner tone="abn" title={t('owner.warning', names)}>
        {t('owner.warningNext', names)}
      </Banner>
      <ReasonField reason={reason} onReason={setReason} asked={tried} />
    </FormDialog>
  );
}

/** Where the analyser of a line is, above its trace; nothing while it is here. */
export function OwnerBanner({ line }: { line: LineRow }) {
  const { t } = useTranslation('instruments');
  const format = useFormat();
  const now = useNow();
  const { owner, name } = line;
  if (owner === null || owner.here) return null;
  const names = { name, station: owner.station, by: owner.name, since: format.when(owner.since, now) };
  const title = owner.free
    ? t('owner.bannerFree', names)
    : t(owner.name === '' ? 'owner.banner' : 'owner.bannerBy', names);
  const next = owner.free
    ? 'bannerFreeNext'
    : owner.offline
      ? 'bannerOffline'
      : owner.away
        ? 'bannerAway'
        : 'bannerNext';
  return (
    <Banner tone="quiet" glyph="ring" title={title}>
      {t(`owner.${next}`, names)}
      {owner.takenFrom === ''
        ? null
        : ` ${t('owner.bannerTaken', { from: owner.takenFrom, reason: owner.reason })}`}
    </Banner>
  );
}
