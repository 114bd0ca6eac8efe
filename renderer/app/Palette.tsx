import { Modal } from '@mantine/core';
import {
  IconArrowRight,
  IconCircleCheck,
  IconFilter,
  IconHelpCircle,
  IconLock,
  IconPrinter,
  IconSearch,
  IconSettings,
  IconTestPipe,
  IconUser,
} from '@tabler/icons-react';
import { useEffect, useMemo, useRef, useState } from 'react';
import { useTranslation } from 'react-i18next';
import type { FoundRow } from '../../shared/ipc/strip.ts';
import { useLive } from '../data/hooks.ts';
import { announce } from '../ui/announce.ts';
import { Keycap } from '../ui/Keycap.tsx';
import { EmptyState } from '../ui/Layout.tsx';
import { allCommands, matchAt, type PaletteCommand } from './commands.ts';
import { type CommandIcon, useOverlayKeys } from './keys.ts';

const icons: Record<CommandIcon, typeof IconSearch> = {
  do: IconCircleCheck,
  why: IconHelpCircle,
  filter: IconFilter,
  print: IconPrinter,
  find: IconSearch,
  go: IconArrowRight,
  person: IconUser,
  specimen: IconTestPipe,
  setting: IconSettings,
  lock: IconLock,
};

/** Lines shown per list. */
const MOST = 8;

interface Entry extends PaletteCommand {
  readonly section: 'thisScreen' | 'anywhere' | 'found';
}

/** The command palette: commands of this screen first, then those of everywhere, then patients and specimens. */
export function Palette({ onClose, onFound }: { onClose: () => void; onFound: (row: FoundRow) => void }) {
  const { t } = useTranslation();
  const [typed, setTyped] = useState('');
  const [at, setAt] = useState(0);
  const list = useRef<HTMLDivElement>(null);
  const [commands] = useState(allCommands);
  const text = typed.trim();
  const found = useLive('search', text.length >= 2 ? { text: text.slice(0, 80) } : null).rows;

  const entries = useMemo((): readonly Entry[] => {
    const pick = (from: readonly PaletteCommand[], section: Entry['section']): Entry[] =>
      from
        .filter((command) => matchAt(command.label, text) !== null)
        .slice(0, MOST)
        .map((command) => ({ ...command, section }));
    return [
      ...pick(commands.screen, 'thisScreen'),
      ...pick(commands.anywhere, 'anywhere'),
      ...found.slice(0, MOST).map(
        (row): Entry => ({
          id: `found-${row.id}`,
          section: 'found',
          label: row.title,
          detail: row.subtitle,
          icon: row.kind === 'patient' ? 'person' : 'specimen',
          run: () => onFound(row),
        }),
      ),
    ];
  }, [commands, text, found, onFound]);

  const place = Math.min(at, Math.max(0, entries.length - 1));
  const act = (entry: Entry | undefined): void => {
    if (entry === undefined) return;
    onClose();
    if (entry.disabledReason === undefined) entry.run();
    else announce(entry.disabledReason);
  };
  useOverlayKeys([{ key: 'Escape', label: t('palette.escCloses'), run: onClose }]);
  useEffect(() => {
    list.current?.querySelectorAll('[role="option"]')[place]?.scrollIntoView({ block: 'nearest' });
  }, [place]);

  return (
    <Modal
      opened
      onClose={onClose}
      withCloseButton={false}
      closeOnEscape={false}
      size={638}
      yOffset={104}
      padding={0}
      transitionProps={{ duration: 0 }}
      classNames={{
        content: 'lv-dialog lv-palette',
        body: 'lv-palette-body',
        inner: 'lv-dialog-inner',
        overlay: 'lv-scrim',
      }}
      aria-label={t('palette.label')}
    >
      <div className="lv-palette-input">
        <IconSearch size={16} stroke={1.6} aria-hidden="true" />
        <input
          data-autofocus
          value={typed}
          placeholder={t('palette.placeholder')}
          aria-label={t('palette.label')}
          role="combobox"
          aria-expanded="true"
          aria-controls="lv-palette-list"
          aria-activedescendant={entries.length > 0 ? `lv-palette-${place}` : undefined}
          autoComplete="off"
          spellCheck={false}
          onChange={(event) => {
            setTyped(event.currentTarget.value);
            setAt(0);
          }}
          onKeyDown={(event) => {
            const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
            if (step !== undefined) setAt((place + step + entries.length) % Math.max(1, entries.length));
            else if (event.key === 'Enter') act(entries[place]);
            else return;
            event.preventDefault();
          }}
        />
        <span className="lv-caption">{t('palette.escCloses')}</span>
      </div>
      <div
        className="lv-palette-list"
        ref={list}
        id="lv-palette-list"
        role="listbox"
        aria-label={t('palette.label')}
      >
        {entries.length === 0 ? (
          <EmptyState title={t('palette.nothing')} next={t('palette.nothingNext')} />
        ) : null}
        {entries.map((entry, index) => (
          <PaletteLine
            key={entry.id}
            id={`lv-palette-${index}`}
            entry={entry}
            typed={text}
            chosen={index === place}
            heading={
              entries[index - 1]?.section === entry.section ? undefined : t(`palette.${entry.section}`)
            }
            onChoose={() => act(entry)}
            onPoint={() => setAt(index)}
          />
        ))}
      </div>
      <div className="lv-palette-foot">
        <Keycap keyName={['ArrowUp', 'ArrowDown']} /> <span>{t('palette.choose')}</span>
        <Keycap keyName="Enter" /> <span>{t('palette.doIt')}</span>
        <span className="lv-grow" />
        <span>{t('palette.scanHere')}</span>
      </div>
    </Modal>
  );
}

function PaletteLine(props: {
  id: string;
  entry: Entry;
  typed: string;
  chosen: boolean;
  heading: string | undefined;
  onChoose: () => void;
  onPoint: () => void;
}) {
  const { id, entry, typed, chosen, heading, onChoose, onPoint } = props;
  const Icon = icons[entry.icon ?? 'go'];
  const match = typed === '' ? null : matchAt(entry.label, typed);
  return (
    <>
      {heading === undefined ? null : <div className="lv-palette-heading">{heading}</div>}
      <button
        type="button"
        id={id}
        role="option"
        aria-selected={chosen}
        tabIndex={-1}
        className={`lv-palette-line${entry.disabledReason === undefined ? '' : ' lv-palette-dimmed'}`}
        onClick={onChoose}
        onMouseMove={onPoint}
      >
        <Icon size={16} stroke={1.6} aria-hidden="true" />
        <bdi>
          {match === null ? (
            entry.label
          ) : (
            <>
              {entry.label.slice(0, match.from)}
              <b>{entry.label.slice(match.from, match.to)}</b>
              {entry.label.slice(match.to)}
            </>
          )}
        </bdi>
        <span className="lv-caption lv-ellipsis">{entry.disabledReason ?? entry.detail}</span>
        <span className="lv-grow" />
        {entry.keyName === undefined ? null : <Keycap keyName={entry.keyName} />}
      </button>
    </>
  );
}
